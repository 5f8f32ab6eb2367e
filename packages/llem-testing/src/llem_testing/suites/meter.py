"""The contract of a meter that senses.

    class TestMyMeter(MeterSuite):
        descriptor = MY_METER

        def make_bench(self) -> MeterBench:
            return MyBench()

The bench makes devices draw a known power; the suite holds the meter's joules against it.
"""

import pytest
from llem_schema import EnergyReading

from llem_testing.suites.meter_bench import MeterBench
from llem_testing.suites.sensing_meter import SensingMeterSuite


class MeterSuite(SensingMeterSuite[MeterBench]):
    """Each test is one promise of `Meter`, `MeterSession` or `MeterWindow`."""

    def test_energy_is_true_within_the_stated_uncertainty(self) -> None:
        bench = self.new_bench()
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

    def test_peak_power_is_that_of_the_work(self) -> None:
        bench = self.new_bench()
        reading = self.measured(bench)
        for device in reading.devices:
            if device.peak_power_w is not None:
                true_w = bench.busy_w[device.uuid]
                assert device.peak_power_w == pytest.approx(true_w, rel=bench.accuracy)

    def test_windows_nest_overlap_and_touch(self) -> None:
        bench = self.new_bench()
        session = bench.open()
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

    def test_a_failed_sensor_gives_none_and_a_reason(self) -> None:
        bench = self.new_bench()
        session = bench.open()
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
        bench = self.new_bench()
        session = bench.open()
        bench.rest(1.0)
        bench.fail()
        bench.rest(1.0)
        idle = session.idle(bench.window_s)
        assert idle.power_w is None
        assert idle.code
        assert idle.reason

    def test_idle_power_is_that_of_the_resting_devices(self) -> None:
        bench = self.new_bench()
        session = bench.open()
        bench.rest(1.0)
        idle = session.idle(bench.window_s)
        assert idle.power_per_device_w == pytest.approx(bench.idle_w, rel=bench.accuracy)
        assert idle.power_w == pytest.approx(sum(bench.idle_w.values()), rel=bench.accuracy)
        assert idle.samples > 1
        assert idle.std_w is not None

    def test_the_power_of_the_series_is_that_of_the_work(self) -> None:
        bench = self.new_bench()
        samples = self.worked_series(bench)
        end_ns = bench.clock.monotonic_ns()
        for sample in samples:
            settled = end_ns - 1.5e9 <= sample.monotonic_ns <= end_ns - 0.2e9
            if settled and sample.power_w is not None:
                true_w = bench.busy_w[sample.device]
                assert sample.power_w == pytest.approx(true_w, rel=bench.accuracy)


def _energy_j(reading: EnergyReading) -> float:
    assert reading.energy_j is not None, reading.reason
    return reading.energy_j


def _true_j(bench: MeterBench, reading: EnergyReading) -> float:
    return sum(bench.true_j(uuid, reading.start_ns, reading.end_ns) for uuid in bench.uuids)
