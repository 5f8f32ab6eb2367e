from collections.abc import Callable
from typing import Any

import pytest
from llem_testing import FakeClock
from llem_testing.simulated_gpu import (
    CONTINUOUS_COUNTER,
    ConstantPower,
    Gpu,
    Scenario,
    SimulatedNvml,
)

START_NS = 5_000_000_123
WALL_NS = 1_790_000_000_000_000_789


class Driven:
    """A simulated driver on a clock of its own, second 0 being now."""

    def __init__(self, scenario: Scenario) -> None:
        self.clock = FakeClock(monotonic_ns=START_NS, wall_ns=WALL_NS)
        self.scenario = scenario.starting(self.clock)
        self.nvml = SimulatedNvml(self.scenario, self.clock.monotonic_ns)
        self.nvml.nvmlInit()

    def handle(self, index: int = 0) -> Any:
        return self.nvml.nvmlDeviceGetHandleByIndex(index)

    def at(self, seconds: float) -> None:
        """Go to a second of the scenario."""
        self.clock.set_monotonic_ns(START_NS + round(seconds * 1e9))

    def field(self, field_id: int | tuple[int, int], index: int = 0) -> Any:
        (value,) = self.nvml.nvmlDeviceGetFieldValues(self.handle(index), [field_id])
        return value


@pytest.fixture
def gpu() -> Callable[..., Gpu]:
    """Makes a board of 100 W with a continuous counter, where nothing else is said."""

    def make(**changes: Any) -> Gpu:
        fields: dict[str, Any] = {
            "uuid": "GPU-a",
            "power": ConstantPower(power_w=100.0),
            "sensors": CONTINUOUS_COUNTER,
        }
        return Gpu(**(fields | changes))

    return make


@pytest.fixture
def drive(gpu: Callable[..., Gpu]) -> Callable[..., Driven]:
    """Drives a scenario of the given boards, or of one ordinary board."""

    def make(*gpus: Gpu, **changes: Any) -> Driven:
        return Driven(Scenario(gpus=gpus or (gpu(),), **changes))

    return make
