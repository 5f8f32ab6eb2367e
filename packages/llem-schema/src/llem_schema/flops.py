"""Floating-point operations and memory, as reckoned from a shape."""

from typing import Literal

from llem_schema.model import Model

WeightBits = Literal[4, 8]
"""Bits of a quantised weight."""


class FlopsResult(Model):
    """Operations of the useful tokens, as two figures that mean different things (CM-26, CM-27).

    `flops_total`, `flops_prefill` and `flops_decode` are the field's reference, 2 x N x tokens.
    Those with `matmul` in their name are what the matrix units do for the same tokens, attention
    and output head included. Padding and what was generated after the end are in neither.
    """

    flops_total: float
    flops_prefill: float
    flops_decode: float
    flops_per_output_token: float | None
    flops_matmul_total: float | None
    """None, like its parts, where the dimensions are not known."""
    flops_matmul_prefill: float | None
    flops_matmul_decode: float | None
    flops_matmul_attention_prefill: float | None
    """Of `flops_matmul_prefill`: attention scores, and the sums of values that they weigh."""
    flops_matmul_attention_decode: float | None
    """Likewise of `flops_matmul_decode`."""
    padding_share: float
    """Padding and discarded positions among all positions that went through the model."""
    peak_flops_per_s: float | None
    """What the run's devices can do at most, dense, in the run's precision."""
    peak_source: str | None
    mfu: float | None
    """Model FLOPs utilisation: `flops_matmul_total` by the window's length and the peak."""
    method: str
    parameters_total: int
    parameters_non_embedding: int | None
    """None where a total alone is known."""
    parameters_active: int
    """The N of `flops_total`: of the non-embedding parameters those that one token goes through,
    all of them in a dense model; where a total alone is known, the total."""
    confidence: Literal["high", "medium", "low"]
    """high: from the shape; medium: parameters counted by the engine; low: a total alone."""


class MemoryEstimate(Model):
    """Memory that a model needs, before it is loaded."""

    weights_mib: float
    kv_cache_mib: float | None
    """None where the shape does not tell the size of keys and values."""
    activations_mib: float | None = None
    """What the largest step holds beside them; None where the dimensions are not known."""
    total_mib: float
    """The sum of what is known."""


class MemoryUsage(Model):
    """Memory that a run did take."""

    weights_mib: float
    """Bytes of parameters and buffers."""
    model_memory_mib: float
    """In use after the model was loaded."""
    peak_memory_mib: float
    """Most in use during the window; the resident weights are in it."""
    inference_memory_mib: float
    """`peak_memory_mib - model_memory_mib`."""
    device_memory_mib: float | None
    """In use on the devices as the driver says, all processes together, after the window."""
    source: Literal["allocator", "resident_set", "backend"]
    """`allocator`: the engine's device allocator; `resident_set`: the process on the host."""
