"""The `pytorch` section of a config."""

from typing import Literal

from pydantic import Field

from llem_schema.flops import WeightBits
from llem_schema.frozen import JsonObject
from llem_schema.model import Model

CompileMode = Literal["default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"]


class QuantizationConfig(Model):
    """Matrices kept in 4 or 8 bits by bitsandbytes. None leaves a value to the backend."""

    bits: WeightBits
    """Bits that a weight is kept in; the arithmetic runs in more."""
    quant_type: Literal["fp4", "nf4"] | None = None
    """How 4 bits stand for a number: a small float, or quantiles of a normal distribution."""
    double_quant: bool | None = None
    """Quantise the scales of 4-bit blocks, too."""
    compute_dtype: Literal["fp32", "fp16", "bf16"] | None = None
    """Type that 4-bit weights are multiplied in; that of `precision` by default."""


class PyTorchConfig(Model):
    """Settings of the PyTorch backend. None leaves the choice to the backend."""

    device: Literal["auto", "cpu", "cuda"] | None = None
    """Where the model runs; `auto` takes the first CUDA device when torch sees one."""
    batch_size: int | None = Field(default=None, ge=1)
    """Prompts per call of `generate`; the backend's default is 1."""
    attn_implementation: str | None = Field(default=None, min_length=1)
    """Attention implementation by the name that transformers gives it, such as `sdpa`."""
    model_kwargs: JsonObject | None = None
    """Extra arguments of `from_pretrained`, passed as they stand."""
    load_format: Literal["auto", "dummy"] | None = None
    """`auto` loads the checkpoint; `dummy` takes its config and tokenizer alone, with weights that
    are made up and the same everywhere."""
    trust_remote_code: bool | None = None
    """Run Python code from the model's own repository, where the model needs it."""
    quantization: QuantizationConfig | None = None
    """Keep the matrices in fewer bits; needs a CUDA device."""
    device_map: Literal["auto", "balanced", "balanced_low_0", "sequential"] | None = None
    """Spread the layers over all visible CUDA devices, as accelerate does under this name."""
    tp_plan: Literal["auto"] | None = None
    """Split each matrix among `num_processes` processes with a CUDA device each, by the plan that
    the architecture brings."""
    num_threads: int | None = Field(default=None, ge=1)
    """Threads of torch's operations on the CPU; torch's own choice by default."""

    batching: Literal["static", "length_buckets", "continuous"] | None = None
    """How prompts come together: `static` batches in the given order, the default;
    `length_buckets`, batches of prompts of like length, so that little is padded; `continuous`, a
    prompt takes the place of one that has ended, `batch_size` of them at a time."""
    cache_implementation: Literal["dynamic", "static"] | None = None
    """The cache of keys and values: `dynamic` grows with the sequence, the default; `static` is
    allocated for the longest sequence so far, and is what compiled code needs."""
    torch_compile: bool | None = None
    """Compile the forward pass of decoding with `torch.compile`, with a static cache; the compiling
    is paid for in warm-up. Off by default."""
    torch_compile_mode: CompileMode | None = None
    """What the compiler strives for; the default is transformers' own, `reduce-overhead`."""
    prompt_lookup_num_tokens: int | None = Field(default=None, ge=1)
    """Draft up to so many tokens from what the prompt says after the same words, and let the model
    check them in one step. One prompt at a time."""
    assistant_model: str | None = Field(default=None, min_length=1)
    """A smaller model with the same tokens, by the name that `model` would give it, that drafts
    tokens for the model to check in one step. One prompt at a time."""
    num_assistant_tokens: int | None = Field(default=None, ge=1)
    """Tokens that the assistant drafts for each step; the backend's default is 5."""
    chat_template: bool | None = None
    """Put each prompt through the tokenizer's chat template, as a user's message. Off by
    default."""
    num_processes: int | None = Field(default=None, ge=1)
    """Copies of the model, each in a process of its own, that the prompts are dealt out to: one on
    each CUDA device, or on the CPU each with its share of the threads. 1 by default."""
