"""Floating-point operations and memory, as reckoned from a shape."""

from typing import Literal

from llem_schema.model import Model


class FlopsResult(Model):
    """Operations of the useful tokens (CM-26, CM-27)."""

    flops_total: float
    flops_prefill: float
    flops_decode: float
    flops_per_output_token: float | None
    method: str
    parameters_total: int
    parameters_non_embedding: int | None
    """None where a total alone is known."""
    confidence: Literal["high", "medium", "low"]
    """high: from the shape; medium: parameters counted by the engine; low: a total alone."""


class MemoryEstimate(Model):
    """Memory that a model needs, before it is loaded."""

    weights_mib: float
    kv_cache_mib: float | None
    """None where the shape does not tell the size of keys and values."""
    total_mib: float


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
