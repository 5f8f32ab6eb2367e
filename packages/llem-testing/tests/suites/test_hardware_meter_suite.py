"""The hardware tier needs no hardware to be proved: each of these meters breaks one promise.

They are built around the real NVML meter on simulated boards.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import Meter, Sample
from llem_energy import NvmlDevices, NvmlLibrary, NvmlMeter
from llem_energy.card_shelf import CardShelf
from llem_energy.descriptors import NVML_METER
from llem_schema import AcceleratorFacts, DeviceReading, EnergyReading, FrozenDict, IdleReading
from llem_testing import FakeClock
from llem_testing.simulated_gpu import (
    AVERAGE_ONLY,
    CONTINUOUS_COUNTER,
    SENSOR_CLASSES,
    ChangingGpus,
    Sensors,
)
from llem_testing.suites import HardwareMeterSuite, SimulatedBench, WorkBench

from .meter_around import MeterAround, SessionAround, WindowAround, changed, with_session
from .verdict import failing_tests


class Scaled(WindowAround):
    """Everything of its reading agrees, and is a multiple of what it should be."""

    def factor(self, reading: EnergyReading) -> float:
        """What to multiply by."""
        raise NotImplementedError

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        reading = self.inner.reading(timeout_s)
        factor = self.factor(reading)

        def scaled(device: DeviceReading) -> dict[str, Any]:
            if device.energy_j is None or device.mean_power_w is None:
                return {}
            return {
                "energy_j": factor * device.energy_j,
                "mean_power_w": factor * device.mean_power_w,
            }

        return changed(reading, scaled)


class SwapsTheUncertainties(WindowAround):
    """Where there are several devices."""

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        reading = self.inner.reading(timeout_s)
        if len(reading.devices) < 2:
            return reading
        swapped = {
            "uncertainty_j": reading.comparison_uncertainty_j,
            "comparison_uncertainty_j": reading.uncertainty_j,
        }
        return reading.model_copy(update=swapped)


class StatesUncertainties(SessionAround):
    window = SwapsTheUncertainties


class IdlesAtFullPower(SessionAround):
    def idle(
        self, duration_s: float, progress: Callable[[float], None] | None = None
    ) -> IdleReading:
        idle = self.inner.idle(duration_s, progress)
        per_device = {uuid: 10 * watts for uuid, watts in idle.power_per_device_w.items()}
        return idle.model_copy(
            update={
                "power_w": sum(per_device.values()),
                "power_per_device_w": FrozenDict(per_device),
            }
        )


class Trebled(Scaled):
    def factor(self, reading: EnergyReading) -> float:
        return 3.0


class CountsThreefold(SessionAround):
    """More than the boards can draw, in its readings and in its series."""

    window = Trebled

    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        return [replace(s, power_w=3 * (s.power_w or 0.0)) for s in self.inner.samples(since_ns)]


class Remembered(Scaled):
    """A window whose session knows the others."""

    def end(self) -> None:
        self.inner.end()
        assert isinstance(self.session, RemembersWindows)
        self.session.ended.append(self.inner)


class RemembersWindows(SessionAround):
    def __init__(self, inner: Any, meter: MeterAround) -> None:
        super().__init__(inner, meter)
        self.ended: list[Any] = []


class DoubledWhereItTouches(Remembered):
    def factor(self, reading: EnergyReading) -> float:
        assert isinstance(self.session, RemembersWindows)
        touches = any(other.end_ns == reading.start_ns for other in self.session.ended)
        return 2.0 if touches else 1.0


class CountsAtTheSeamTwice(RemembersWindows):
    window = DoubledWhereItTouches


class WithoutItsInside(Remembered):
    def factor(self, reading: EnergyReading) -> float:
        assert isinstance(self.session, RemembersWindows)
        inside_s = sum(
            (other.end_ns - other.start_ns) / 1e9
            for other in self.session.ended
            if reading.start_ns < other.start_ns and other.end_ns < reading.end_ns
        )
        return 1.0 - inside_s / reading.duration_s


class CountsWhatIsInsideOnce(RemembersWindows):
    """Energy belongs to the innermost window."""

    window = WithoutItsInside


class SamplesTooHigh(SessionAround):
    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        return [replace(s, power_w=1.5 * (s.power_w or 0.0)) for s in self.inner.samples(since_ns)]


class IdlesWithoutASpread(SessionAround):
    def idle(
        self, duration_s: float, progress: Callable[[float], None] | None = None
    ) -> IdleReading:
        return self.inner.idle(duration_s, progress).model_copy(update={"std_w": None})


MEANT: dict[type[SessionAround], str] = {
    StatesUncertainties: "test_work_takes_energy_and_its_uncertainty_is_stated",
    IdlesAtFullPower: "test_busy_devices_draw_more_than_idle_ones",
    CountsThreefold: "test_no_board_draws_more_than_it_may",
    CountsAtTheSeamTwice: "test_windows_that_touch_add_up_to_the_one_around_them",
    CountsWhatIsInsideOnce: "test_a_nested_window_holds_what_the_one_around_it_has_more",
    SamplesTooHigh: "test_the_series_adds_up_to_the_energy",
    IdlesWithoutASpread: "test_idle_power_has_a_spread_below_its_mean",
}


def suite_of(
    around: Callable[[Any], Meter], cards: Path, sensors: Sensors = CONTINUOUS_COUNTER
) -> type[Any]:
    """`cards`: where the meter keeps what it has learnt of the boards."""

    def meter(
        gpus: ChangingGpus, clock: FakeClock, make_sampler: Any
    ) -> tuple[NvmlMeter, tuple[AcceleratorFacts, ...]]:
        library = NvmlLibrary(gpus, clock, simulated=True)
        shelf = CardShelf(cards, "simulated")
        return NvmlMeter(library, clock, make_sampler, shelf), NvmlDevices(library, {}).visible()

    class Suite(HardwareMeterSuite):
        descriptor = NVML_METER

        def make_bench(self) -> WorkBench:
            bench = SimulatedBench(meter, sensors, around)
            bench.window_s = 6.0 if sensors is AVERAGE_ONLY else 2.0
            return bench

    return Suite


class TestBrokenMeter:
    @pytest.mark.parametrize("session", MEANT, ids=lambda session: session.__name__)
    def test_fails_the_test_that_is_meant_for_it(
        self, session: type[SessionAround], tmp_path: Path
    ) -> None:
        suite = suite_of(with_session(session), tmp_path / "cards")
        assert failing_tests(suite, tmp_path) == {MEANT[session]}

    def test_there_is_one_for_every_promise_of_this_tier(self) -> None:
        own = {name for name in vars(HardwareMeterSuite) if name.startswith("test_")}
        assert set(MEANT.values()) == own


class TestSoundMeter:
    @pytest.mark.parametrize("sensors", SENSOR_CLASSES)
    def test_fails_nothing_whatever_its_sensors_are(self, sensors: str, tmp_path: Path) -> None:
        suite = suite_of(MeterAround, tmp_path / "cards", SENSOR_CLASSES[sensors])
        assert failing_tests(suite, tmp_path) == set()
