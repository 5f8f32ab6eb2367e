"""Memory that ran out, and what is likely to fit."""

from llem_contracts import BackendError


def is_out_of_memory(error: BaseException) -> bool:
    """True for torch's device error, Python's own, and what the CUDA driver and torch's host
    allocator raise as a plain `RuntimeError`."""
    import torch

    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "can't allocate memory" in text or "CUDA error: out of memory" in text
    )


def likely_batch_size(batch_size: int, used_bytes: int | None, free_bytes: int | None) -> int:
    """The largest power of two that is likely to fit; 0 where not even one prompt is.

    `used_bytes` is what the failed batch had taken beside the weights, a lower bound of what it
    needs; `free_bytes` is what is there for a batch. A tenth is kept back for fragmentation. None
    for either: half the size.
    """
    if used_bytes is None or free_bytes is None or used_bytes <= 0:
        fitting = batch_size // 2
    else:
        fitting = min(batch_size - 1, int(0.9 * free_bytes * batch_size / used_bytes))
    return 1 << (fitting.bit_length() - 1) if fitting > 0 else 0


def out_of_memory(
    device: str, batch_size: int, used_bytes: int | None, free_bytes: int | None
) -> BackendError:
    """The error for a batch that did not fit."""
    fitting = likely_batch_size(batch_size, used_bytes, free_bytes)
    cure = (
        f"Set pytorch.batch_size to {fitting}."
        if fitting
        else "Lower max_input_tokens or max_output_tokens, or take a smaller model or precision."
    )
    return BackendError(f"memory ran out on {device} at batch size {batch_size}", cure=cure)
