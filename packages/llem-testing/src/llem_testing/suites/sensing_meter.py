"""What every meter that senses promises, and what needs no knowledge of the true joules."""

import math
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from llem_contracts import MeterSession, Sample

from llem_testing.suites.any_meter import AnyMeterSuite, Bench
from llem_testing.suites.work_bench import WorkBench


class SensingMeterSuite(AnyMeterSuite[Bench]):
    """Sums, idling and the series. `MeterSuite` adds the truth, `HardwareMeterSuite` what holds on
    any real device."""

    def test_the_total_is_the_sum_of_the_devices(self) -> None:
        reading = self.measured(self.new_bench())
        assert reading.energy_j == pytest.approx(sum(d.energy_j or 0.0 for d in reading.devices))

    def test_mean_power_is_energy_over_time(self) -> None:
        reading = self.measured(self.new_bench())
        figures = [(device.energy_j, device.mean_power_w) for device in reading.devices]
        for energy_j, mean_power_w in [(reading.energy_j, reading.mean_power_w), *figures]:
            assert energy_j is not None
            assert mean_power_w == pytest.approx(energy_j / reading.duration_s)

    def test_the_uncertainty_is_twice_that_of_all_terms(self) -> None:
        bench = self.new_bench()
        window = bench.open(bench.uuids[:1]).begin("one device")
        bench.work(bench.window_s)
        window.end()
        reading = window.reading()
        terms = reading.devices[0].terms
        without_gain = [sigma_j for name, sigma_j in terms.items() if name != "gain"]
        assert reading.uncertainty_j == pytest.approx(2 * math.hypot(*terms.values()))
        assert reading.comparison_uncertainty_j == pytest.approx(2 * math.hypot(*without_gain))

    def test_a_reading_asked_for_too_early_can_be_had_later(self) -> None:
        bench = self.new_bench()
        window = bench.open().begin("w")
        bench.work(bench.window_s)
        window.end()
        early = window.reading(timeout_s=0.0)
        assert early.energy_j is not None or (early.code and early.reason)
        assert window.reading().energy_j is not None

    def test_readings_of_closed_windows_outlive_the_session(self) -> None:
        bench = self.new_bench()
        session = bench.open()
        bench.rest(1.0)
        window = session.begin("w")
        bench.work(bench.window_s)
        window.end()
        session.close()
        assert window.reading().energy_j is not None

    def test_idle_takes_its_time(self) -> None:
        bench = self.new_bench()
        session = bench.open()
        before_ns = bench.clock.monotonic_ns()
        idle = session.idle(bench.window_s)
        assert idle.duration_s == pytest.approx(bench.window_s, abs=bench.patience_s)
        assert (bench.clock.monotonic_ns() - before_ns) / 1e9 >= 0.999 * bench.window_s

    def test_idle_tells_the_seconds_gone_by_about_once_a_second(self) -> None:
        bench, told = self.new_bench(), list[float]()
        bench.open().idle(3.5, told.append)
        assert told == pytest.approx([1.0, 2.0, 3.0, 3.5], abs=0.25)

    def test_the_series_is_in_order_of_time_and_names_every_device(self) -> None:
        bench = self.new_bench()
        samples = self.worked_series(bench)
        times = [sample.monotonic_ns for sample in samples]
        assert times == sorted(times)
        assert {sample.device for sample in samples} == set(bench.uuids)

    def test_the_series_is_told_as_far_as_it_has_come(self) -> None:
        bench = self.new_bench()
        session = with_series(bench)
        bench.rest(1.0)
        early = list(session.samples())
        bench.rest(1.0)
        assert early
        assert list(session.samples())[: len(early)] == early
        assert len(session.samples()) > len(early)

    def test_the_series_is_told_to_any_thread(self) -> None:
        bench = self.new_bench()
        session = with_series(bench)
        bench.rest(1.0)
        window = session.begin("w")
        told = list(session.samples())
        with ThreadPoolExecutor(1) as other:
            told_elsewhere = list(other.submit(session.samples).result(timeout=30.0))
        window.end()
        assert told_elsewhere[: len(told)] == told

    def test_the_series_can_be_had_from_an_instant_on(self) -> None:
        bench = self.new_bench()
        session = with_series(bench)
        bench.rest(2.0)
        everything = list(session.samples())
        for since_ns in (
            everything[-1].monotonic_ns,
            everything[len(everything) // 2].monotonic_ns,
        ):
            wanted = [sample for sample in everything if sample.monotonic_ns >= since_ns]
            assert list(session.samples(since_ns))[: len(wanted)] == wanted

    def test_the_counter_of_the_series_only_grows(self) -> None:
        bench = self.new_bench()
        samples = self.worked_series(bench)
        for uuid in bench.uuids:
            counts = [s.energy_j for s in samples if s.device == uuid and s.energy_j is not None]
            assert all(earlier <= later for earlier, later in pairwise(counts))

    def test_the_series_has_the_period_that_was_asked_for(self) -> None:
        bench = self.new_bench()
        with_series(bench)
        session = bench.open(sample_period_s=0.2)
        bench.rest(4.0)
        assert session.sample_period_s == pytest.approx(0.2)
        of_first = [s for s in session.samples() if s.device == bench.uuids[0]]
        span_s = (of_first[-1].monotonic_ns - of_first[0].monotonic_ns) / 1e9
        assert span_s / (len(of_first) - 1) == pytest.approx(0.2, rel=0.1)

    def test_closing_stops_the_series_and_keeps_it(self) -> None:
        bench = self.new_bench()
        session = with_series(bench)
        bench.rest(1.0)
        session.close()
        until_then = list(session.samples())
        bench.rest(2.0)
        assert until_then
        assert list(session.samples()) == until_then

    def worked_series(self, bench: Bench) -> list[Sample]:
        """Samples of a rest and of the work after it."""
        session = with_series(bench)
        bench.rest(1.0)
        bench.work(bench.window_s)
        return list(session.samples())


def with_series(bench: WorkBench) -> MeterSession:
    """A session on all devices, where the meter has a series."""
    session = bench.open()
    if session.sample_period_s is None:
        assert list(session.samples()) == []
        pytest.skip("this meter has no series")
    return session
