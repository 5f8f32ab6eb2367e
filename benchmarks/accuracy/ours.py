"""Our meter over a case, in virtual time: the installed code with a clock and a binding of its own.

The polling loop, the sensor card, the estimators and the budget are those that every user runs;
only the process around the loop is left out, since a process cannot follow a clock that is moved by
hand. `real_time.py` has that part.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cases import Case
from llem_energy import NvmlLibrary, NvmlMeter
from llem_energy.sampler import SamplingTask
from llem_energy.sensor_card import SensorCard
from llem_schema import EnergyReading
from llem_testing import FakeClock
from llem_testing.simulated_gpu import SimulatedNvml

BETWEEN_LOOKS_NS = 100_000_000
AFTER_S = 2.5


@dataclass(frozen=True)
class Measured:
    """A reading beside the truth."""

    energy_j: float | None
    half_width_j: float | None
    """k = 2: without gain where the sensors have none, with it where they do."""
    true_j: float
    method: str
    code: str | None


class VirtualSampler:
    """Makes the passes that are due as the clock is moved on."""

    flags = ()

    def __init__(self, task: SamplingTask, clock: FakeClock) -> None:
        self._loop = task.loop()
        self._recording = task.recording
        self._clock = clock

    def start(self) -> None:
        """The clock starts it."""

    def catch_up(self) -> None:
        """It is never behind."""

    def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        end_ns = self._clock.monotonic_ns() + round(timeout_s * 1e9)
        while not until() and self._clock.monotonic_ns() < end_ns:
            self.run_until(min(self._clock.monotonic_ns() + BETWEEN_LOOKS_NS, end_ns))
        return until()

    def run_until(self, target_ns: int) -> None:
        while self._loop.due_ns <= target_ns:
            self._clock.set_monotonic_ns(max(self._clock.monotonic_ns(), self._loop.due_ns))
            self._loop.poll()
        self._clock.set_monotonic_ns(max(self._clock.monotonic_ns(), target_ns))

    def stop(self) -> None:
        self._recording.stop("sampling was stopped")


class Drawer:
    """Sensor cards of boards that were met before: a board is measured once, as on a machine."""

    def __init__(self) -> None:
        self._cards: dict[tuple[str, str], SensorCard] = {}
        self.board = ""

    def find(self, uuid: str, driver_version: str, sensors: tuple[str, ...]) -> SensorCard | None:
        return self._cards.get((self.board, uuid))

    def keep(self, card: SensorCard) -> None:
        self._cards[self.board, card.uuid] = card


_DRAWER = Drawer()


def measure(case: Case, *, absolute: bool) -> Measured:
    """Open a meter, let the window pass, ask for its energy."""
    scenario = case.scenario()
    clock = FakeClock(monotonic_ns=scenario.start_ns)
    library = NvmlLibrary(SimulatedNvml(scenario, clock.monotonic_ns), clock, simulated=True)
    samplers: list[VirtualSampler] = []

    def make_sampler(task: SamplingTask) -> VirtualSampler:
        samplers.append(VirtualSampler(task, clock))
        return samplers[-1]

    _DRAWER.board = case.sensors
    meter = NvmlMeter(library, clock, make_sampler, _DRAWER)
    session = meter.open([gpu.uuid for gpu in scenario.gpus])
    start_ns, end_ns = case.window_ns()
    samplers[0].run_until(start_ns)
    window = session.begin("window")
    samplers[0].run_until(end_ns)
    window.end()
    samplers[0].run_until(end_ns + round(AFTER_S * 1e9))
    reading = window.reading()
    session.close()
    true_j = case.true_j(scenario, reading.start_ns, reading.end_ns)
    return Measured(
        energy_j=reading.energy_j,
        half_width_j=_half_width_j(reading, absolute=absolute),
        true_j=true_j,
        method=reading.method,
        code=reading.code,
    )


def _half_width_j(reading: EnergyReading, *, absolute: bool) -> float | None:
    return reading.uncertainty_j if absolute else reading.comparison_uncertainty_j
