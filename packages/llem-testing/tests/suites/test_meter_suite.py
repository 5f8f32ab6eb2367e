"""Each of these meters breaks one promise, and the test that is meant for it tells."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import Meter, MeterDescriptor, Sample
from llem_schema import EnergyReading, FrozenDict, IdleReading
from llem_testing import SCRIPTED_METER, ScriptedMeter
from llem_testing.suites import MeterBench, MeterSuite, ScriptedBench, SenselessMeterSuite

from . import broken_sessions, broken_windows
from .meter_around import (
    MeterAround,
    SessionAround,
    WindowAround,
    changed,
    unmeasured,
    with_session,
    with_window,
)
from .verdict import failing_tests

METERS: list[tuple[type[MeterAround], str]] = [
    (broken_sessions.FindsFaultWithAll, "devices_that_can_be_metered_have_no_problem"),
    (broken_sessions.OpensWhatItCannotRead, "a_device_with_a_problem_cannot_be_opened"),
    (broken_sessions.SamplesAtItsOwnPace, "the_series_has_the_period_that_was_asked_for"),
]
SESSIONS: list[tuple[type[SessionAround], str]] = [
    (broken_sessions.SortsItsDevices, "a_session_names_its_devices_in_the_order_given"),
    (broken_sessions.LosesTheOuterWindow, "windows_nest_overlap_and_touch"),
    (broken_sessions.CallsFailedIdlingZero, "idle_power_of_failed_sensors_is_none_with_a_reason"),
    (broken_sessions.ForgetsWhenClosed, "readings_of_closed_windows_outlive_the_session"),
    (broken_sessions.IdlesInHaste, "idle_takes_its_time"),
    (broken_sessions.IdlesAtNothing, "idle_power_is_that_of_the_resting_devices"),
    (broken_sessions.IdlesInSilence, "idle_tells_the_seconds_gone_by_about_once_a_second"),
    (
        broken_sessions.GroupsItsSeriesByDevice,
        "the_series_is_in_order_of_time_and_names_every_device",
    ),
    (broken_sessions.TellsItsSeriesAtTheEnd, "the_series_is_told_as_far_as_it_has_come"),
    (broken_sessions.KnowsOneThread, "the_series_is_told_to_any_thread"),
    (broken_sessions.TellsAllOfItsSeries, "the_series_can_be_had_from_an_instant_on"),
    (broken_sessions.SamplesInMilliwatts, "the_power_of_the_series_is_that_of_the_work"),
    (broken_sessions.CountsBackwards, "the_counter_of_the_series_only_grows"),
    (broken_sessions.SamplesOnAndOn, "closing_stops_the_series_and_keeps_it"),
]
WINDOWS: list[tuple[type[WindowAround], str]] = [
    (broken_windows.BeginsTooEarly, "a_window_begins_now"),
    (broken_windows.HasAnEndWhileOpen, "a_window_is_open_until_it_is_ended"),
    (broken_windows.EndsTooLate, "the_end_is_the_time_at_which_it_was_called_for"),
    (broken_windows.WaitsAfterItsEnd, "ending_waits_for_nothing"),
    (broken_windows.EndsAgain, "a_window_ends_once"),
    (broken_windows.ReadsWhileOpen, "an_open_window_has_no_reading"),
    (broken_windows.ForgetsItsName, "a_reading_is_of_its_window"),
    (broken_windows.SortsItsReadings, "a_reading_lists_the_devices_in_the_order_given"),
    (broken_windows.WaitsTooLong, "a_reading_waits_no_longer_than_it_may"),
    (broken_windows.ReadsTooMuch, "energy_is_true_within_the_stated_uncertainty"),
    (broken_windows.IsTooSureOfItself, "energy_is_true_within_the_stated_uncertainty"),
    (broken_windows.CountsItsFirstDevice, "the_total_is_the_sum_of_the_devices"),
    (broken_windows.AveragesOverAnHour, "mean_power_is_energy_over_time"),
    (broken_windows.TakesTheMeanForThePeak, "peak_power_is_that_of_the_work"),
    (broken_windows.StatesOneSigma, "the_uncertainty_is_twice_that_of_all_terms"),
    (broken_windows.KeepsItsFirstAnswer, "a_reading_asked_for_too_early_can_be_had_later"),
    (broken_windows.CallsFailureZero, "a_failed_sensor_gives_none_and_a_reason"),
]
DOUBLES = [
    *METERS,
    *[(with_session(session), test) for session, test in SESSIONS],
    *[(with_window(window), test) for window, test in WINDOWS],
]
ACCELERATORS_ALONE = replace(SCRIPTED_METER, device_kinds=frozenset({"accelerator"}))
SENSELESS = replace(SCRIPTED_METER, senses=False)


def suite_of(
    around: Callable[[ScriptedMeter], Meter],
    descriptor: MeterDescriptor = SCRIPTED_METER,
    base: type[Any] = MeterSuite,
) -> type[Any]:
    class Suite(base):  # type: ignore[misc]
        def make_bench(self) -> MeterBench:
            return ScriptedBench(around)

    Suite.descriptor = descriptor
    return Suite


def promises_of(suite: type[Any]) -> set[str]:
    return {name for name in dir(suite) if name.startswith("test_")}


class TestBrokenMeter:
    @pytest.mark.parametrize(
        ("double", "test"), DOUBLES, ids=[double.__name__ for double, _ in DOUBLES]
    )
    def test_fails_the_test_that_is_meant_for_it(
        self, double: type[MeterAround], test: str, tmp_path: Path
    ) -> None:
        assert failing_tests(suite_of(double), tmp_path) == {f"test_{test}"}

    def test_that_does_not_know_its_limits_fails_too(self, tmp_path: Path) -> None:
        suite = suite_of(MeterAround, ACCELERATORS_ALONE)
        assert failing_tests(suite, tmp_path) == {
            "test_a_kind_of_device_that_is_not_declared_is_not_supported"
        }

    def test_there_is_one_for_every_promise(self) -> None:
        meant = {f"test_{test}" for _, test in DOUBLES}
        meant.add("test_a_kind_of_device_that_is_not_declared_is_not_supported")
        assert meant == promises_of(MeterSuite)


class ClaimsZero(WindowAround):
    """A meter without senses that says 0 where it should say nothing."""

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        return changed(self.inner.reading(timeout_s), lambda d: {"energy_j": 0.0})


class Senseless(SessionAround):
    """A sound session of a meter without senses."""

    @property
    def sample_period_s(self) -> float | None:
        return None

    def begin(self, name: str) -> WindowAround:
        return ReadsNothing(self.inner.begin(name), self)

    def idle(self, duration_s: float, progress: Any = None) -> IdleReading:
        return IdleReading(
            duration_s=0.0,
            power_w=None,
            std_w=None,
            samples=0,
            power_per_device_w=FrozenDict(),
            code="no_sensor",
            reason="it has none",
        )

    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        return ()


class ReadsNothing(WindowAround):
    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        empty = unmeasured(self.inner.reading(timeout_s), "it has no sensor")
        devices = [d.model_copy(update={"peak_power_w": None}) for d in empty.devices]
        return empty.model_copy(update={"peak_power_w": None, "devices": tuple(devices)})


class ReadsZero(Senseless):
    def begin(self, name: str) -> WindowAround:
        return ClaimsZero(self.inner.begin(name), self)


class IdlesAtZero(Senseless):
    def idle(self, duration_s: float, progress: Any = None) -> IdleReading:
        return super().idle(duration_s).model_copy(update={"power_w": 0.0})


class HasASeries(Senseless):
    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        return self.inner.samples(since_ns)


class TestBrokenMeterWithoutSenses:
    @pytest.mark.parametrize(
        ("session", "test"),
        [
            (ReadsZero, "test_energy_is_none_with_a_reason"),
            (IdlesAtZero, "test_idle_power_is_none_with_a_reason"),
            (HasASeries, "test_there_is_no_series"),
        ],
    )
    def test_fails_the_test_that_is_meant_for_it(
        self, session: type[Senseless], test: str, tmp_path: Path
    ) -> None:
        suite = suite_of(with_session(session), SENSELESS, SenselessMeterSuite)
        assert failing_tests(suite, tmp_path) == {test}

    def test_whose_descriptor_claims_senses_fails_too(self, tmp_path: Path) -> None:
        suite = suite_of(with_session(Senseless), SCRIPTED_METER, SenselessMeterSuite)
        assert failing_tests(suite, tmp_path) == {"test_its_descriptor_says_so"}


class TestSoundMeter:
    def test_without_senses_fails_nothing(self, tmp_path: Path) -> None:
        suite = suite_of(with_session(Senseless), SENSELESS, SenselessMeterSuite)
        assert failing_tests(suite, tmp_path) == set()

    def test_fails_nothing(self, tmp_path: Path) -> None:
        assert failing_tests(suite_of(MeterAround), tmp_path) == set()


COLLECTED = """
from llem_testing import SCRIPTED_METER
from llem_testing.suites import MeterSuite, ScriptedBench

MADE = []


class TestMeter(MeterSuite):
    descriptor = SCRIPTED_METER

    def make_bench(self):
        MADE.append(ScriptedBench())
        return MADE[-1]


def test_afterwards():
    sessions = [session for bench in MADE for session in bench.scripted.sessions]
    assert len(sessions) > 10
    assert all(session.closed for session in sessions)
"""


class TestSessions:
    def test_end_with_their_test(self, tmp_path: Path) -> None:
        (tmp_path / "test_meter.py").write_text(COLLECTED)
        pytest_in_order = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly"]
        done = subprocess.run(
            [*pytest_in_order, "--rootdir", str(tmp_path), "test_meter.py"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout
