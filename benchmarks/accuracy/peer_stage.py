"""A window as a peer meets it: a driver that it can ask, and a time that goes on."""

import time
from typing import Any, Protocol

from llem_testing import FakeClock
from llem_testing.simulated_gpu import Scenario, SimulatedNvml

AHEAD_NS = 200_000_000
"""How long before its window a scenario is joined in real time."""


class Stage(Protocol):
    """A scenario with one window in it."""

    devices: tuple[str, ...]
    scenario: Scenario
    nvml: SimulatedNvml
    start_ns: int
    end_ns: int

    @property
    def now_ns(self) -> int:
        """Monotonic time."""
        ...

    def wait_until(self, at_ns: int) -> None:
        """Let the time pass until then."""
        ...


class VirtualStage:
    """The time goes where it is asked to go."""

    def __init__(self, line: dict[str, Any]) -> None:
        self.devices = tuple(line["devices"])
        self.scenario = Scenario.model_validate(line["scenario"], strict=False)
        self.start_ns: int = line["start_ns"]
        self.end_ns: int = line["end_ns"]
        self._clock = FakeClock(monotonic_ns=self.scenario.start_ns)
        self.nvml = SimulatedNvml(self.scenario, self._clock.monotonic_ns)
        self.nvml.nvmlInit()

    @property
    def now_ns(self) -> int:
        return self._clock.monotonic_ns()

    def wait_until(self, at_ns: int) -> None:
        self._clock.set_monotonic_ns(at_ns)


class RealStage:
    """The same scenario, moved so that its window begins in a moment."""

    def __init__(self, line: dict[str, Any]) -> None:
        self.devices = tuple(line["devices"])
        scenario = Scenario.model_validate(line["scenario"], strict=False)
        self.start_ns = time.monotonic_ns() + AHEAD_NS
        moved_ns = self.start_ns - line["start_ns"]
        self.end_ns: int = line["end_ns"] + moved_ns
        self.scenario = scenario.model_copy(update={"start_ns": scenario.start_ns + moved_ns})
        self.nvml = SimulatedNvml(self.scenario)
        self.nvml.nvmlInit()

    @property
    def now_ns(self) -> int:
        return time.monotonic_ns()

    def wait_until(self, at_ns: int) -> None:
        time.sleep(max(at_ns - time.monotonic_ns(), 0) / 1e9)
