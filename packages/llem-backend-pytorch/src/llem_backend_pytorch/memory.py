"""Memory of a loaded model, on a CUDA device or in the process."""

import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from llem_schema import MemoryUsage

MIB = 1024**2


class MemoryGauge(Protocol):
    """Reads memory in bytes."""

    @property
    def source(self) -> Literal["allocator", "resident_set"]: ...

    @property
    def peak_covers(self) -> Literal["since_reset", "since_process_start"]:
        """What `peak` is the highest value of."""
        ...

    def current(self) -> int: ...

    def peak(self) -> int: ...

    def reset_peak(self) -> None: ...


class AllocatorGauge:
    """torch's allocators on CUDA devices, added up: what tensors hold, caches left out.

    Of several devices the peak is the sum of each one's own, which need not have come together.
    """

    source: Literal["allocator"] = "allocator"
    peak_covers: Literal["since_reset"] = "since_reset"

    def __init__(self, devices: Sequence[Any]) -> None:
        self._devices = tuple(devices)

    def current(self) -> int:
        import torch

        return sum(torch.cuda.memory_allocated(device) for device in self._devices)

    def peak(self) -> int:
        import torch

        return sum(torch.cuda.max_memory_allocated(device) for device in self._devices)

    def reset_peak(self) -> None:
        import torch

        for device in self._devices:
            torch.cuda.reset_peak_memory_stats(device)


class ResidentSetGauge:
    """The process' resident set, as Linux keeps it under /proc/self.

    Writing 5 to `clear_refs` sets the high-water mark back to the present (proc(5)). Where the
    system refuses that, or has no /proc, the peak is the highest value since the process began,
    which is an upper bound, and `peak_covers` says so.
    """

    source: Literal["resident_set"] = "resident_set"

    def __init__(
        self,
        proc: Path = Path("/proc/self"),
        highest_ever: Callable[[], int] | None = None,
    ) -> None:
        self._proc = proc
        self._highest_ever = highest_ever or _highest_ever
        self._was_reset = False

    @property
    def peak_covers(self) -> Literal["since_reset", "since_process_start"]:
        return "since_reset" if self._was_reset else "since_process_start"

    def current(self) -> int:
        resident = self._status("VmRSS")
        return self._highest_ever() if resident is None else resident

    def peak(self) -> int:
        mark = self._status("VmHWM") if self._was_reset else None
        return self._highest_ever() if mark is None else mark

    def reset_peak(self) -> None:
        try:
            (self._proc / "clear_refs").write_text("5")
        except OSError:
            self._was_reset = False
        else:
            self._was_reset = self._status("VmHWM") is not None

    def _status(self, key: str) -> int | None:
        try:
            lines = (self._proc / "status").read_text().splitlines()
        except OSError:
            return None
        for line in lines:
            name, _, value = line.partition(":")
            if name == key:
                return int(value.split()[0]) * 1024
        return None


def _highest_ever() -> int:
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else highest * 1024


class MemoryRecord:
    """What a model takes: from its loading on, and at most since the last reset."""

    def __init__(self, gauge: MemoryGauge, weights_bytes: int) -> None:
        """Call when the model has just been loaded."""
        self.gauge = gauge
        self._weights_bytes = weights_bytes
        self.loaded_bytes = gauge.current()
        gauge.reset_peak()

    def reset(self) -> None:
        """Begin a new peak."""
        self.gauge.reset_peak()

    def usage(self) -> MemoryUsage:
        """Memory in MiB. The difference of a resident set may be negative: a process can give back
        after loading more than generation takes."""
        peak = self.gauge.peak()
        return MemoryUsage(
            weights_mib=self._weights_bytes / MIB,
            model_memory_mib=self.loaded_bytes / MIB,
            peak_memory_mib=peak / MIB,
            inference_memory_mib=(peak - self.loaded_bytes) / MIB,
            device_memory_mib=None,
            source=self.gauge.source,
        )


def weights_bytes(*models: Any) -> int:
    """Bytes of parameters and buffers, shared ones once, and of the scales of quantised weights;
    of a matrix that is split among processes, those of this process."""
    tensors = {
        id(tensor): tensor for model in models for tensor in (*model.parameters(), *model.buffers())
    }
    return sum(
        held.numel() * held.element_size()
        for tensor in tensors.values()
        for held in (_own_part(tensor), *_scales(tensor))
    )


def _own_part(tensor: Any) -> Any:
    local = getattr(tensor, "to_local", None)
    return tensor if local is None else local()


def _scales(tensor: Any) -> Iterator[Any]:
    """What bitsandbytes keeps beside a packed weight: scales by output (8 bits), or by block, which
    may be quantised with scales of their own (4 bits)."""
    state = getattr(tensor, "quant_state", None)
    for holder, name in (
        (tensor, "SCB"),
        (state, "absmax"),
        (getattr(state, "state2", None), "absmax"),
    ):
        scale = getattr(holder, name, None)
        if scale is not None:
            yield scale
