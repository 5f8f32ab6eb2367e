"""The contract of a meter whose descriptor says that it senses nothing."""

from llem_testing.suites.any_meter import AnyMeterSuite
from llem_testing.suites.work_bench import WorkBench


class SenselessMeterSuite(AnyMeterSuite[WorkBench]):
    """What was not measured is None with a reason, never 0."""

    def test_its_descriptor_says_so(self) -> None:
        assert not self.descriptor.senses

    def test_energy_is_none_with_a_reason(self) -> None:
        reading = self.measured(self.new_bench())
        assert (reading.energy_j, reading.uncertainty_j) == (None, None)
        assert reading.comparison_uncertainty_j is None
        assert (reading.mean_power_w, reading.peak_power_w) == (None, None)
        assert reading.code
        assert reading.reason
        for device in reading.devices:
            assert (device.energy_j, device.mean_power_w, device.peak_power_w) == (None, None, None)
            assert device.reason

    def test_idle_power_is_none_with_a_reason(self) -> None:
        bench = self.new_bench()
        idle = bench.open().idle(2.0)
        assert (idle.power_w, idle.std_w, idle.samples) == (None, None, 0)
        assert idle.power_per_device_w == {}
        assert idle.code
        assert idle.reason

    def test_there_is_no_series(self) -> None:
        bench = self.new_bench()
        session = bench.open()
        bench.rest(1.0)
        assert session.sample_period_s is None
        assert list(session.samples()) == []

    def test_readings_of_closed_windows_outlive_the_session(self) -> None:
        bench = self.new_bench()
        session = bench.open()
        window = session.begin("w")
        bench.work(1.0)
        window.end()
        session.close()
        assert window.reading().name == "w"
