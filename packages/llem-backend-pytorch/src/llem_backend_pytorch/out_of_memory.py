"""Memory that ran out, and what is likely to fit."""

import re
from pathlib import Path

from llem_contracts import OutOfMemory

_ASKED = re.compile(r"tried to allocate ([\d.]+) (bytes|[KMG]iB)", re.IGNORECASE)
_UNITS = {"bytes": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30}


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


def asked_bytes(error: BaseException) -> int:
    """Size of the allocation that failed, as torch's allocators tell it; 0 where they do not."""
    told = _ASKED.search(str(error))
    return int(float(told[1]) * _UNITS[told[2].lower()]) if told else 0


def host_available_bytes(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Memory that a process can get without swapping, as Linux estimates it (proc(5))."""
    try:
        lines = meminfo.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    return None


def likely_batch_size(batch_size: int, used_bytes: int | None, free_bytes: int | None) -> int:
    """The largest power of two that is likely to fit; 0 where not even one prompt is.

    `used_bytes` is what the failed batch had taken beside the weights and asked for in vain, a
    lower bound of what it needs; `free_bytes` is what is there for a batch. A tenth is kept back
    for fragmentation. None for either: half the size.
    """
    if used_bytes is None or free_bytes is None or used_bytes <= 0:
        fitting = batch_size // 2
    else:
        fitting = min(batch_size - 1, int(0.9 * free_bytes * batch_size / used_bytes))
    return 1 << (fitting.bit_length() - 1) if fitting > 0 else 0


def batch_does_not_fit(
    device: str, batch_size: int, used_bytes: int | None, free_bytes: int | None
) -> OutOfMemory:
    """The error for a batch that did not fit."""
    fitting = likely_batch_size(batch_size, used_bytes, free_bytes)
    cure = (
        f"Set pytorch.batch_size to {fitting}."
        if fitting
        else "Lower max_input_tokens or max_output_tokens, or take a smaller model or precision."
    )
    return OutOfMemory(
        f"memory ran out on {device} at batch size {batch_size}",
        cure=cure,
        batch_size=batch_size,
        likely_batch_size=fitting,
    )


def weights_do_not_fit(model: str, error: BaseException, device: str) -> OutOfMemory:
    """The error for weights that `device`, or the host on the way to it, has no room for."""
    import torch

    place = device if isinstance(error, torch.OutOfMemoryError) else "cpu"
    return OutOfMemory(
        f"the weights of {model!r} do not fit into the memory of {place}",
        cure="Take a smaller model or a lower precision, set pytorch.quantization, or free the "
        "device.",
    )
