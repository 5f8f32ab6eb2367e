"""Work of a fixed amount, whose time tells what it lost.

It takes about 50 ms of one core: a poll or two, and short enough that what else goes on in the
machine mostly falls on both halves of a pair.
"""

from collections.abc import Callable
from dataclasses import dataclass

_STEPS = 1_000_000
_NEW_TOKENS = 5


@dataclass(frozen=True)
class Workload:
    """A name, and a piece of work that is the same each time."""

    name: str
    run: Callable[[], object]


def python_loop() -> Workload:
    """A loop of the interpreter alone."""

    def run() -> int:
        total = 0
        for number in range(_STEPS):
            total += number & 3
        return total

    return Workload("pure Python loop", run)


def generate_loop() -> Workload:
    """Greedy generation on one thread by a small Llama with random weights."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    torch.set_num_threads(1)
    torch.manual_seed(0)
    shape = LlamaConfig(
        vocab_size=320,
        hidden_size=256,
        intermediate_size=704,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
    )
    model = LlamaForCausalLM(shape).eval()
    prompts = torch.randint(3, shape.vocab_size, (8, 32))
    generation = GenerationConfig(
        max_new_tokens=_NEW_TOKENS, min_new_tokens=_NEW_TOKENS, do_sample=False, pad_token_id=0
    )

    def run() -> object:
        return model.generate(
            prompts, attention_mask=torch.ones_like(prompts), generation_config=generation
        )

    return Workload("torch generate, one thread", run)
