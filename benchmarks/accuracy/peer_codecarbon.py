"""CodeCarbon: a task of an `OfflineEmissionsTracker`, the GPUs' share of its energy.

It reads the energy counter at the start and the end of a task. Where there is none it takes the
power once a second in a thread, or once at the end of a task that is shorter, times the duration.
In virtual time the thread is a list of due dates, and the duration that of the window; in real time
it is left as it is.
"""

import logging
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

from llem_testing.simulated_gpu import StandIn
from peer_stage import Stage

_TICK_S = 1e-9
"""Passes with every look at the virtual time: CodeCarbon divides by what has passed."""


class CodeCarbon:
    """A new tracker for every window."""

    def __init__(self, *, virtual: bool) -> None:
        self._virtual = virtual
        self._driver = StandIn()
        with self._driver.installed(), redirect_stdout(sys.stderr):  # it tells of AMD's library
            from codecarbon import emissions_tracker
            from codecarbon.core import gpu, units
            from codecarbon.external import task

            if not gpu.is_nvidia_system():
                raise RuntimeError("CodeCarbon does not see the simulated driver")
        logging.getLogger("codecarbon").setLevel(logging.CRITICAL)
        self._modules: list[Any] = [emissions_tracker, task]
        self._make_tracker: Any = emissions_tracker.OfflineEmissionsTracker
        self._kwh_per_joule = float(units.Energy.JOULES_TO_KWH)
        self.version = version("codecarbon")

    def energy_j(self, stage: Stage) -> float:
        self._driver.stand_for(stage.nvml)
        order = [board.uuid for board in stage.scenario.gpus]
        if self._virtual:
            virtual_time = SimpleNamespace(perf_counter=_ticking(stage))
            for module in self._modules:
                module.time = virtual_time
        tracker = self._make_tracker(
            gpu_ids=[order.index(uuid) for uuid in stage.devices],
            output_methods=[],
            country_iso_code="USA",
            log_level="critical",
        )
        tracker.get_detected_hardware()
        wait_until = stage.wait_until
        if self._virtual:
            monitoring = VirtualScheduler(tracker._monitor_power, stage)
            tracker._scheduler_monitor_power = monitoring
            wait_until = monitoring.run_until
        stage.wait_until(stage.start_ns)
        tracker.start_task("window")
        wait_until(stage.end_ns)
        return float(tracker.stop_task("window").gpu_energy) / self._kwh_per_joule


class VirtualScheduler:
    """Calls a function once a second of a stage's time, as CodeCarbon's own does in a thread."""

    def __init__(self, function: Callable[[], None], stage: Stage) -> None:
        self._function = function
        self._stage = stage
        self._due_ns: int | None = None

    def start(self) -> None:
        self._due_ns = self._stage.now_ns + 1_000_000_000

    def stop(self) -> None:
        self._due_ns = None

    def run_until(self, at_ns: int) -> None:
        while self._due_ns is not None and self._due_ns < at_ns:
            self._stage.wait_until(self._due_ns)
            self._due_ns += 1_000_000_000
            self._function()
        self._stage.wait_until(at_ns)


def _ticking(stage: Stage) -> Callable[[], float]:
    looks = 0

    def perf_counter() -> float:
        nonlocal looks
        looks += 1
        return stage.now_ns / 1e9 + looks * _TICK_S

    return perf_counter
