"""Boards whose power is decided as time goes by."""

from collections.abc import Mapping
from typing import Any

from llem_contracts import Clock

from llem_testing.simulated_gpu.binding import SimulatedNvml
from llem_testing.simulated_gpu.gpu import Gpu
from llem_testing.simulated_gpu.profiles import PiecewisePower
from llem_testing.simulated_gpu.scenario import Fault, Scenario
from llem_testing.simulated_gpu.sensor_models import Sensors


class ChangingGpus:
    """An NVML binding, as `SimulatedNvml` is one, of boards that draw what they are told to.

    Each change makes a new scenario with the same past: a simulated driver depends on nothing
    else, so handles and sums of the old one stay right.
    """

    def __init__(self, clock: Clock, watts: Mapping[str, float], sensors: Sensors) -> None:
        """`watts`: what each board draws at first, by UUID."""
        self._clock = clock
        self._sensors = sensors
        self._start_ns = clock.monotonic_ns()
        self._points = {uuid: [(0.0, of_board)] for uuid, of_board in watts.items()}
        self._faults: tuple[Fault, ...] = ()
        self._simulate()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._nvml, name)

    def draw(self, watts: Mapping[str, float]) -> None:
        """From now on each board draws so much."""
        now_s = self._now_s()
        for uuid, points in self._points.items():
            points += [(now_s, points[-1][1]), (now_s, watts[uuid])]
        self._simulate()

    def lose(self) -> None:
        """From now on no board answers."""
        self._faults += (Fault(error="gpu_is_lost", start_s=self._now_s()),)
        self._simulate()

    def _now_s(self) -> float:
        return (self._clock.monotonic_ns() - self._start_ns) / 1e9

    def _simulate(self) -> None:
        gpus = tuple(
            Gpu(
                uuid=uuid,
                pci_bus_id=f"00000000:{number:02X}:00.0",
                power=PiecewisePower(points=tuple(points)),
                sensors=self._sensors,
            )
            for number, (uuid, points) in enumerate(self._points.items(), 1)
        )
        scenario = Scenario(gpus=gpus, faults=self._faults, start_ns=self._start_ns)
        self._nvml = SimulatedNvml(scenario, self._clock.monotonic_ns)
        self._nvml.nvmlInit()
