"""The meter `codecarbon`: tasks of `codecarbon.OfflineEmissionsTracker`, the GPU's share of them.

CodeCarbon reads the energy counter at the start and the end of a task. Where it cannot, it does not
say so: it takes a mean of power readings, one a second, times the task's duration, and 0 where
those fail too. So a task's joules are taken only where the two values of the counter that
CodeCarbon itself has read account for them. A tracker sums over its GPUs and measures one task at a
time: each GPU and each overlapping window has one of its own.
"""

import contextlib
import itertools
import logging
import math
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from llem_contracts import Problem, SystemClock
from llem_schema import RunSettings

from llem_energy.nvml_handles import Gpu
from llem_energy.wrapper import WrapperFailure
from llem_energy.wrapper_meter import WrapperMeter, installed_wrapper_meter

_ROUNDING_KWH = 1e-12


@dataclass(frozen=True)
class Tracker:
    """A tracker of one GPU."""

    gpu: Gpu
    tracker: Any
    device: Any
    """CodeCarbon's own record of the GPU, which keeps the last value of the counter."""

    @property
    def counter_kwh(self) -> float | None:
        """The counter as CodeCarbon has read it last; None where it could not."""
        energy = self.device.last_energy
        return None if energy is None else float(energy.kWh)


@dataclass(frozen=True)
class OpenTask:
    """A task under way."""

    tracker: Tracker
    name: str
    before_kwh: float


class CodeCarbonWrapper:
    """Trackers without output, network or adjustment, used again once their task has ended."""

    method = "codecarbon"

    def __init__(self) -> None:
        from codecarbon import OfflineEmissionsTracker
        from codecarbon.core.units import Energy

        logging.getLogger("codecarbon").setLevel(logging.CRITICAL)  # its import sets another
        self._make_tracker = OfflineEmissionsTracker
        self._kwh_per_joule = float(Energy.JOULES_TO_KWH)
        self._idle: dict[str, list[Tracker]] = {}
        self._names = itertools.count()
        self.package = f"CodeCarbon {version('codecarbon')}"

    def problem(self, gpu: Gpu) -> Problem | None:
        """Runs a task, too: a tracker's first one takes seconds, which no window should."""
        try:
            self.end(self.begin(gpu))
        except WrapperFailure as failure:
            return Problem(
                code="wrapper_unusable",
                message=failure.reason,
                cure="CodeCarbon needs `nvidia-smi` on the PATH; or use `energy.meter: nvml`.",
            )
        return None

    def begin(self, gpu: Gpu) -> OpenTask:
        idle = self._idle.setdefault(gpu.uuid, [])
        tracker = idle.pop() if idle else self._new(gpu)
        name = f"llem-{next(self._names)}"
        try:
            tracker.tracker.start_task(name)
        except Exception as error:  # CodeCarbon hands on whatever its own dependencies raise
            self._quieten(tracker, name)
            raise self._failure(error) from error
        before_kwh = tracker.counter_kwh
        if before_kwh is None:
            self._quieten(tracker, name)
            raise self._unreadable(gpu)
        return OpenTask(tracker, name, before_kwh)

    def end(self, opened: OpenTask) -> float:
        tracker = opened.tracker
        try:
            told_kwh = float(tracker.tracker.stop_task(opened.name).gpu_energy)
        except Exception as error:
            raise self._failure(error) from error
        after_kwh = tracker.counter_kwh
        readable = self._answers(tracker)
        self._idle[tracker.gpu.uuid].append(tracker)
        if after_kwh is None or not readable:
            raise self._unreadable(tracker.gpu)
        grown_kwh = after_kwh - opened.before_kwh
        told_j = told_kwh / self._kwh_per_joule
        if grown_kwh < 0:
            return grown_kwh / self._kwh_per_joule
        if not math.isclose(told_kwh, grown_kwh, rel_tol=1e-6, abs_tol=_ROUNDING_KWH):
            raise WrapperFailure(
                "sensor_failed",
                f"{self.package} told {told_j:.1f} J, which its values of the energy counter do "
                "not account for",
            )
        return told_j

    def discard(self, opened: OpenTask) -> None:
        self._quieten(opened.tracker, opened.name)
        self._idle[opened.tracker.gpu.uuid].append(opened.tracker)

    def _quieten(self, tracker: Tracker, name: str) -> None:
        """End a task of which nobody wants to know; a thread of the tracker runs until then."""
        with contextlib.suppress(Exception):
            tracker.tracker.stop_task(name)

    def _new(self, gpu: Gpu) -> Tracker:
        """Every setting that bears on the figure is given, since CodeCarbon also reads files."""
        try:
            tracker = self._make_tracker(
                gpu_ids=[gpu.index],
                tracking_mode="machine",
                pue=1.0,
                wue=0.0,
                output_methods=[],
                emissions_endpoint=None,
                allow_multiple_runs=True,
                country_iso_code="USA",
                force_carbon_intensity_g_co2e_kwh=0.0,
                log_level="critical",
            )
            tracker.get_detected_hardware()
            parts = [part for part in tracker._hardware if hasattr(part, "gpu_ids")]
        except Exception as error:
            raise self._failure(error) from error
        for part in parts:
            for device in part.devices.devices:
                if part.gpu_ids == [gpu.index] and device.gpu_index == gpu.index:
                    return Tracker(gpu, tracker, device)
        raise WrapperFailure(
            "wrapper_unusable", f"{self.package} does not find {gpu.name} ({gpu.uuid}) here"
        )

    def _answers(self, tracker: Tracker) -> bool:
        """Whether the counter can be read: CodeCarbon keeps an old value where it cannot."""
        tracker.device.start()
        return tracker.counter_kwh is not None

    def _unreadable(self, gpu: Gpu) -> WrapperFailure:
        return WrapperFailure(
            "sensor_failed", f"{self.package} cannot read the energy counter of {gpu.name}"
        )

    def _failure(self, error: Exception) -> WrapperFailure:
        return WrapperFailure(
            "sensor_failed", f"{self.package} failed: {type(error).__name__}: {error}"
        )


def create_codecarbon_meter(settings: RunSettings) -> WrapperMeter:
    """Factory of the entry point. Raises `ConfigError` where `LLEM_NVML_BINDING` is set."""
    return installed_wrapper_meter(CodeCarbonWrapper(), SystemClock())
