"""The contract of a meter that senses.

    class TestMyMeter(MeterSuite):
        descriptor = MY_METER

        def make_bench(self) -> MeterBench:
            return MyBench()

The bench makes devices draw a known power; the suite holds the meter's joules against it.
"""

import math
from itertools import pairwise

import pytest
from llem_contracts import MeterSession, Sample
from llem_schema import EnergyReading

from llem_testing.suites.any_meter import AnyMeterSuite
from llem_testing.suites.meter_bench import MeterBench


class MeterSuite(AnyMeterSuite):
    """Each test is one promise of `Meter`, `MeterSession` or `MeterWindow`."""

    def test_energy_is_true_within_the_stated_uncertainty(self) -> None:
        bench = self.make_bench()
        reading = self.measured(bench)
        assert reading.energy_j is not None
        assert reading.uncertainty_j is not None
        error_j = 0.0
        for device in reading.devices:
            assert device.energy_j is not None
            true_j = bench.true_j(device.uuid, reading.start_ns, reading.end_ns)
            assert device.energy_j == pytest.approx(true_j, rel=bench.accuracy)
            error_j += device.energy_j - true_j
        assert abs(error_j) <= reading.uncertainty_j + 1e-6 * reading.energy_j

    def test_the_total_is_the_sum_of_the_devices(self) -> None:
        reading = self.measured(self.make_bench())
        assert reading.energy_j == pytest.approx(sum(d.energy_j or 0.0 for d in reading.devices))

    def test_mean_power_is_energy_over_time(self) -> None:
        reading = self.measured(self.make_bench())
        figures = [(device.energy_j, device.mean_power_w) for device in reading.devices]
        for energy_j, mean_power_w in [(reading.energy_j, reading.mean_power_w), *figures]:
            assert energy_j is not None
            assert mean_power_w == pytest.approx(energy_j / reading.duration_s)

    def test_peak_power_is_that_of_the_work(self) -> None:
        bench = self.make_bench()
        reading = self.measured(bench)
        for device in reading.devices:
            if device.peak_power_w is not None:
                true_w = bench.busy_w[device.uuid]
                assert device.peak_power_w == pytest.approx(true_w, rel=bench.accuracy)

    def test_the_uncertainty_is_twice_that_of_all_terms(self) -> None:
        bench = self.make_bench()
        window = bench.meter.open(bench.uuids[:1]).begin("one device")
        bench.work(bench.window_s)
        window.end()
        reading = window.reading()
        terms = reading.devices[0].terms
        without_gain = [sigma_j for name, sigma_j in terms.items() if name != "gain"]
        assert reading.uncertainty_j == pytest.approx(2 * math.hypot(*terms.values()))
        assert reading.comparison_uncertainty_j == pytest.approx(2 * math.hypot(*without_gain))

    def test_windows_nest_overlap_and_touch(self) -> None:
        bench = self.make_bench()
        session = bench.meter.open(bench.uuids)
        bench.rest(1.0)
        outer, first = session.begin("outer"), session.begin("first")
        bench.work(bench.window_s)
        first.end()
        second = session.begin("second")
        bench.rest(bench.window_s / 2)
        across = session.begin("across")
        bench.rest(bench.window_s / 2)
        second.end()
        outer.end()
        bench.work(bench.window_s)
        across.end()
        whole_j, *parts_j = (_energy_j(window.reading()) for window in (outer, first, second))
        apart_j = _true_j(bench, outer.reading())
        apart_j -= _true_j(bench, first.reading()) + _true_j(bench, second.reading())
        assert whole_j - sum(parts_j) == pytest.approx(apart_j, abs=0.01 * whole_j)
        assert _energy_j(across.reading()) > parts_j[1]

    def test_a_reading_asked_for_too_early_can_be_had_later(self) -> None:
        bench = self.make_bench()
        window = bench.meter.open(bench.uuids).begin("w")
        bench.work(bench.window_s)
        window.end()
        early = window.reading(timeout_s=0.0)
        assert early.energy_j is not None or (early.code and early.reason)
        assert window.reading().energy_j is not None

    def test_a_failed_sensor_gives_none_and_a_reason(self) -> None:
        bench = self.make_bench()
        session = bench.meter.open(bench.uuids)
        window = session.begin("w")
        bench.work(1.0)
        bench.fail()
        bench.work(bench.window_s)
        window.end()
        reading = window.reading(timeout_s=1.0)
        assert (reading.energy_j, reading.uncertainty_j, reading.mean_power_w) == (None, None, None)
        assert reading.comparison_uncertainty_j is None
        assert reading.code
        assert reading.reason
        for device in reading.devices:
            assert device.energy_j is None
            assert device.reason

    def test_idle_power_of_failed_sensors_is_none_with_a_reason(self) -> None:
        bench = self.make_bench()
        session = bench.meter.open(bench.uuids)
        bench.rest(1.0)
        bench.fail()
        bench.rest(1.0)
        idle = session.idle(bench.window_s)
        assert idle.power_w is None
        assert idle.code
        assert idle.reason

    def test_readings_of_closed_windows_outlive_the_session(self) -> None:
        bench = self.make_bench()
        session = bench.meter.open(bench.uuids)
        bench.rest(1.0)
        window = session.begin("w")
        bench.work(bench.window_s)
        window.end()
        session.close()
        assert window.reading().energy_j is not None

    def test_idle_takes_its_time(self) -> None:
        bench = self.make_bench()
        session = bench.meter.open(bench.uuids)
        before_ns = bench.clock.monotonic_ns()
        idle = session.idle(bench.window_s)
        assert idle.duration_s == pytest.approx(bench.window_s, abs=bench.patience_s)
        assert (bench.clock.monotonic_ns() - before_ns) / 1e9 >= 0.999 * bench.window_s

    def test_idle_power_is_that_of_the_resting_devices(self) -> None:
        bench = self.make_bench()
        session = bench.meter.open(bench.uuids)
        bench.rest(1.0)
        idle = session.idle(bench.window_s)
        assert idle.power_per_device_w == pytest.approx(bench.idle_w, rel=bench.accuracy)
        assert idle.power_w == pytest.approx(sum(bench.idle_w.values()), rel=bench.accuracy)
        assert idle.samples > 1
        assert idle.std_w is not None

    def test_idle_tells_the_seconds_gone_by_about_once_a_second(self) -> None:
        bench, told = self.make_bench(), list[float]()
        bench.meter.open(bench.uuids).idle(3.5, told.append)
        assert told == pytest.approx([1.0, 2.0, 3.0, 3.5], abs=0.25)

    def test_the_series_is_in_order_of_time_and_names_every_device(self) -> None:
        bench = self.make_bench()
        samples = self._worked_series(bench)
        times = [sample.monotonic_ns for sample in samples]
        assert times == sorted(times)
        assert {sample.device for sample in samples} == set(bench.uuids)

    def test_the_series_is_told_as_far_as_it_has_come(self) -> None:
        bench = self.make_bench()
        session = _with_series(bench)
        bench.rest(1.0)
        early = list(session.samples())
        bench.rest(1.0)
        assert early
        assert list(session.samples())[: len(early)] == early
        assert len(session.samples()) > len(early)

    def test_the_series_can_be_had_from_an_instant_on(self) -> None:
        bench = self.make_bench()
        session = _with_series(bench)
        bench.rest(2.0)
        everything = list(session.samples())
        for since_ns in (
            everything[-1].monotonic_ns,
            everything[len(everything) // 2].monotonic_ns,
        ):
            wanted = [sample for sample in everything if sample.monotonic_ns >= since_ns]
            assert list(session.samples(since_ns))[: len(wanted)] == wanted

    def test_the_power_of_the_series_is_that_of_the_work(self) -> None:
        bench = self.make_bench()
        samples = self._worked_series(bench)
        end_ns = bench.clock.monotonic_ns()
        for sample in samples:
            settled = end_ns - 1.5e9 <= sample.monotonic_ns <= end_ns - 0.2e9
            if settled and sample.power_w is not None:
                true_w = bench.busy_w[sample.device]
                assert sample.power_w == pytest.approx(true_w, rel=bench.accuracy)

    def test_the_counter_of_the_series_only_grows(self) -> None:
        bench = self.make_bench()
        samples = self._worked_series(bench)
        for uuid in bench.uuids:
            counts = [s.energy_j for s in samples if s.device == uuid and s.energy_j is not None]
            assert all(earlier <= later for earlier, later in pairwise(counts))

    def test_the_series_has_the_period_that_was_asked_for(self) -> None:
        bench = self.make_bench()
        _with_series(bench)
        session = bench.meter.open(bench.uuids, 0.2)
        bench.rest(4.0)
        assert session.sample_period_s == pytest.approx(0.2)
        of_first = [s for s in session.samples() if s.device == bench.uuids[0]]
        span_s = (of_first[-1].monotonic_ns - of_first[0].monotonic_ns) / 1e9
        assert span_s / (len(of_first) - 1) == pytest.approx(0.2, rel=0.1)

    def test_closing_stops_the_series_and_keeps_it(self) -> None:
        bench = self.make_bench()
        session = _with_series(bench)
        bench.rest(1.0)
        session.close()
        until_then = list(session.samples())
        bench.rest(2.0)
        assert until_then
        assert list(session.samples()) == until_then

    def _worked_series(self, bench: MeterBench) -> list[Sample]:
        """Samples of a rest and of the work after it."""
        session = _with_series(bench)
        bench.rest(1.0)
        bench.work(bench.window_s)
        return list(session.samples())


def _with_series(bench: MeterBench) -> MeterSession:
    session = bench.meter.open(bench.uuids)
    if session.sample_period_s is None:
        assert list(session.samples()) == []
        pytest.skip("this meter has no series")
    return session


def _energy_j(reading: EnergyReading) -> float:
    assert reading.energy_j is not None, reading.reason
    return reading.energy_j


def _true_j(bench: MeterBench, reading: EnergyReading) -> float:
    return sum(bench.true_j(uuid, reading.start_ns, reading.end_ns) for uuid in bench.uuids)
