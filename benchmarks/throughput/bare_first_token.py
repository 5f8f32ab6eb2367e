"""What one would write to see a first token: import, load, generate. Prints its instant."""

import sys
import time

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, prompt = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
inputs = tokenizer(prompt, return_tensors="pt")
with torch.inference_mode():
    model.generate(
        **inputs, max_new_tokens=1, do_sample=False, pad_token_id=257, eos_token_id=None
    ).tolist()
print(time.monotonic_ns())
