"""The meter `zeus`: windows of `zeus.monitor.ZeusMonitor`.

Zeus reads the energy counter at both ends of a window and tells the difference, whatever it is: 0 J
where the counter has not moved, a negative figure after a reload of the driver. It knows GPUs by
their place in CUDA_VISIBLE_DEVICES, whose entries it takes for the driver's own indices.
"""

import itertools
from importlib.metadata import version
from typing import Any

from llem_contracts import Problem, SystemClock
from llem_schema import RunSettings

from llem_energy.nvml_handles import Gpu
from llem_energy.wrapper import WrapperFailure
from llem_energy.wrapper_meter import WrapperMeter, installed_wrapper_meter


class ZeusWrapper:
    """A monitor for each GPU, so that one that fails takes no other's energy with it."""

    method = "zeus"

    def __init__(self) -> None:
        from zeus.device import get_gpus
        from zeus.monitor import ZeusMonitor

        self._get_gpus = get_gpus
        self._make_monitor = ZeusMonitor
        self._monitors: dict[str, tuple[Any, int]] = {}
        self._keys = itertools.count()
        self.package = f"Zeus {version('zeus')}"

    def problem(self, gpu: Gpu) -> Problem | None:
        try:
            self._monitor(gpu)
        except WrapperFailure as failure:
            return Problem(
                code=failure.code,
                message=failure.reason,
                cure="Let CUDA_VISIBLE_DEVICES name the GPU by its index in `nvidia-smi -L`, or "
                "unset it; or use `energy.meter: nvml`.",
            )
        return None

    def begin(self, gpu: Gpu) -> tuple[Any, int, str]:
        monitor, place = self._monitor(gpu)
        key = f"llem-{next(self._keys)}"
        try:
            monitor.begin_window(key, sync_execution=False)
        except Exception as error:  # Zeus hands on whatever its own dependencies raise
            raise self._failure(error) from error
        return monitor, place, key

    def end(self, opened: tuple[Any, int, str]) -> float:
        monitor, place, key = opened
        try:
            measurement = monitor.end_window(key, sync_execution=False)
        except Exception as error:
            raise self._failure(error) from error
        return float(measurement.gpu_energy[place])

    def discard(self, opened: tuple[Any, int, str]) -> None:
        monitor, _, key = opened
        monitor.measurement_states.pop(key, None)

    def _monitor(self, gpu: Gpu) -> tuple[Any, int]:
        """The monitor of a GPU, and the GPU's place in Zeus' own order."""
        known = self._monitors.get(gpu.uuid)
        if known is None:
            place = self._place(gpu)
            try:
                monitor = self._make_monitor(gpu_indices=[place], cpu_indices=[])
            except Exception as error:
                raise self._failure(error) from error
            known = self._monitors[gpu.uuid] = monitor, place
        return known

    def _place(self, gpu: Gpu) -> int:
        try:
            indices = [of_zeus.gpu_index for of_zeus in self._get_gpus().gpus]
        except Exception as error:
            raise WrapperFailure(
                "wrapper_unusable", f"{self.package} finds no GPU here: {error}"
            ) from error
        if gpu.index not in indices:
            raise WrapperFailure(
                "gpu_not_found",
                f"CUDA_VISIBLE_DEVICES hides {gpu.name} ({gpu.uuid}) from {self.package}",
            )
        return indices.index(gpu.index)

    def _failure(self, error: Exception) -> WrapperFailure:
        return WrapperFailure(
            "sensor_failed", f"{self.package} failed: {type(error).__name__}: {error}"
        )


def create_zeus_meter(settings: RunSettings) -> WrapperMeter:
    """Factory of the entry point. Raises `ConfigError` where `LLEM_NVML_BINDING` is set."""
    return installed_wrapper_meter(ZeusWrapper(), SystemClock())
