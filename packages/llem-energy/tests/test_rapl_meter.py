"""The meter of the host's own counters, on a simulated folder (CM-11)."""

import math
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from llem_contracts import ConfigError, LlemError, NotSupported, SystemClock
from llem_energy import ProcessSampler
from llem_energy.rapl_meter import RaplMeter
from llem_energy.rapl_sensors import open_sensors
from llem_energy.rapl_zones import read_text
from llem_testing import FakeClock, example_accelerator, example_host
from llem_testing.simulated_powercap import (
    AMD,
    INTEL,
    PowercapZone,
    SimulatedPowercap,
    about_to_wrap,
)
from llem_testing.suites import PowercapBench

INTEL_CPU = "vendor_id\t: GenuineIntel\nmodel name\t: Some Xeon\n"
AMD_CPU = "vendor_id\t: AuthenticAMD\nmodel name\t: Some EPYC\n"


class Faults:
    """Reads files, but for those that are made to fail."""

    def __init__(self) -> None:
        self.errors: dict[str, Exception] = {}
        """By a part of the path."""
        self.texts: dict[str, str] = {"cpuinfo": INTEL_CPU}

    def __call__(self, path: Path) -> str:
        for part, error in self.errors.items():
            if part in str(path):
                raise error
        for part, text in self.texts.items():
            if part in str(path):
                return text
        return read_text(path)


class Bench(PowercapBench):
    """A host whose reads may be made to fail."""

    def __init__(
        self, zones: Sequence[PowercapZone] = INTEL, *, start_ns: int = 7_013_000_001
    ) -> None:
        self.faults = Faults()
        super().__init__(self._meter, zones, start_ns=start_ns)

    def _meter(self, powercap: Path, clock: Any, make_sampler: Any) -> RaplMeter:
        return RaplMeter(clock, make_sampler, powercap=powercap, read=self.faults)

    def measure(self, seconds: float = 3.0, rest_s: float = 1.0) -> Any:
        """The reading of a window of work between two rests."""
        session = self.open()
        self.rest(rest_s)
        window = session.begin("work")
        self.work(seconds)
        window.end()
        self.rest(1.0)
        return window.reading()


@pytest.fixture
def make_bench() -> Any:
    benches: list[Bench] = []

    def make(*args: Any, **named: Any) -> Bench:
        benches.append(Bench(*args, **named))
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()


class TestReading:
    def test_has_packages_and_memory_apart(self, make_bench: Any) -> None:
        reading = make_bench().measure()
        (host,) = reading.devices
        shares = {"package-0": 0.5, "dram-0": 0.0625, "package-1": 0.375, "dram-1": 0.0625}
        for part, share in shares.items():
            assert host.parts_j[part] == pytest.approx(share * 480.0, rel=1e-3)
        assert host.energy_j == pytest.approx(sum(host.parts_j.values()))
        assert (reading.method, reading.scope) == ("rapl", "package+dram")
        assert host.reason == "the sum of package-0, dram-0, package-1, dram-1"

    def test_of_a_host_without_memory_counters_says_so(self, make_bench: Any) -> None:
        reading = make_bench(AMD).measure()
        assert reading.scope == "package"
        assert reading.energy_j == pytest.approx(480.0, rel=1e-3)

    @pytest.mark.parametrize("seconds", [0.1, 0.3, 1.0, 4.0])
    def test_is_right_within_what_it_states_for_comparisons(
        self, make_bench: Any, seconds: float
    ) -> None:
        reading = make_bench().measure(seconds)
        true_j = 160.0 * seconds
        assert abs(reading.energy_j - true_j) <= reading.comparison_uncertainty_j
        assert reading.comparison_uncertainty_j <= 0.02 * true_j

    def test_is_off_by_more_for_memory_and_for_models_than_for_measured_packages(
        self, make_bench: Any
    ) -> None:
        bench = make_bench()
        gain_j = bench.measure().devices[0].terms["gain"]
        assert gain_j == pytest.approx((0.05 * 420.0 + 0.20 * 60.0) / math.sqrt(3), rel=0.01)
        of_amd = make_bench(AMD)
        of_amd.faults.texts["cpuinfo"] = AMD_CPU
        gain_j = of_amd.measure().devices[0].terms["gain"]
        assert gain_j == pytest.approx(0.10 * 480.0 / math.sqrt(3), rel=0.01)

    def test_too_short_to_tell_has_a_bound_instead(self, make_bench: Any) -> None:
        bench = make_bench()
        bench.draw({"host": 0.0})
        session = bench.open()
        bench.rest(1.0)
        window = session.begin("a moment")
        bench.work(0.0002)
        window.end()
        bench.rest(1.0)
        reading = window.reading()
        assert (reading.energy_j, reading.code) == (None, "unresolved_window")
        assert reading.upper_bound_j >= 160.0 * 0.0002


class TestWrap:
    @pytest.mark.parametrize("used_j", [41.0, 200.0, 300.0, 500.0])
    def test_inside_the_window_changes_nothing(self, make_bench: Any, used_j: float) -> None:
        plain = make_bench().measure()
        wrapped = make_bench(about_to_wrap(INTEL, used_j)).measure()
        assert wrapped.energy_j == pytest.approx(plain.energy_j, rel=1e-4)

    def test_of_all_counters_several_times_in_a_long_window_is_followed(
        self, make_bench: Any
    ) -> None:
        small = [
            PowercapZone("intel-rapl:0", "package-0", 0.9, range_uj=700_000_000),
            PowercapZone("intel-rapl:0:0", "dram", 0.1, range_uj=300_000_000),
        ]
        bench = make_bench(small)
        reading = bench.measure(60.0)
        assert reading.energy_j == pytest.approx(60.0 * 160.0, rel=1e-3)

    def test_that_may_have_happened_twice_refuses_the_window_and_not_the_next(
        self, make_bench: Any
    ) -> None:
        bench = make_bench(about_to_wrap(INTEL, 200.0))
        session = bench.open()
        bench.rest(1.0)
        window = session.begin("unwatched")
        bench.work(1.0)
        bench.faults.errors["intel-rapl:0:2"] = OSError(5, "Input/output error")
        bench.work(40.0)
        bench.faults.errors.clear()
        bench.work(1.0)
        window.end()
        bench.rest(1.0)
        reading = window.reading()
        assert (reading.energy_j, reading.code) == (None, "counter_reset")
        assert "dram-0" in reading.reason
        assert "wrapped twice" in reading.reason
        later = session.begin("later")
        bench.work(2.0)
        later.end()
        bench.rest(1.0)
        assert later.reading().energy_j == pytest.approx(320.0, rel=1e-3)

    def test_is_told_from_a_counter_that_was_reset(self, make_bench: Any) -> None:
        bench = make_bench()
        session = bench.open()
        bench.rest(1.0)
        window = session.begin("reset")
        bench.work(1.0)
        bench.faults.texts["intel-rapl:0/energy_uj"] = "0\n"
        bench.work(1.0)
        window.end()
        bench.rest(1.0)
        reading = window.reading()
        assert (reading.energy_j, reading.code) == (None, "counter_reset")
        assert "package-0" in reading.reason
        assert "no wrap" in reading.reason

    @settings(max_examples=25)
    @given(
        start_ns=st.integers(0, 2**61),
        used_j=st.floats(1.0, 600.0),
        seconds=st.floats(0.3, 4.0),
    )
    def test_never_gives_a_negative_or_absurd_figure_whatever_the_origin_of_the_clock(
        self, start_ns: int, used_j: float, seconds: float
    ) -> None:
        with closing(Bench(about_to_wrap(INTEL, used_j), start_ns=start_ns)) as bench:
            reading = bench.measure(seconds)
        true_j = 160.0 * seconds
        assert abs(reading.energy_j - true_j) <= max(
            reading.comparison_uncertainty_j, 0.005 * true_j
        )


class TestFailedReads:
    def test_are_missing_and_not_zero(self, make_bench: Any) -> None:
        bench = make_bench()
        session = bench.open()
        bench.rest(1.0)
        window = session.begin("with a hole")
        bench.work(1.0)
        bench.faults.errors["intel-rapl:1/"] = OSError(61, "No data available")
        bench.work(2.0)
        unread = session.samples(bench.clock.monotonic_ns() - 1_000_000_000)
        bench.faults.errors.clear()
        bench.work(1.0)
        window.end()
        bench.rest(1.0)
        assert unread == []
        assert window.reading().energy_j == pytest.approx(640.0, rel=1e-3)

    def test_at_the_end_of_a_window_refuse_it(self, make_bench: Any) -> None:
        bench = make_bench()
        session = bench.open()
        bench.rest(1.0)
        window = session.begin("open end")
        bench.work(1.0)
        bench.faults.errors["intel-rapl:1/"] = OSError(61, "No data available")
        bench.work(2.0)
        window.end()
        bench.rest(6.0)
        reading = window.reading()
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert "package-1" in reading.reason

    def test_of_a_zone_that_is_gone_say_so(self, make_bench: Any) -> None:
        bench = make_bench()
        session = bench.open()
        bench.rest(1.0)
        window = session.begin("unloaded")
        bench.work(1.0)
        bench.fail()
        bench.work(1.0)
        window.end()
        reading = window.reading()
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert "package-0 cannot be read any more" in reading.reason
        assert "No such file" in reading.reason

    def test_of_a_counter_that_stands_still_are_refused(self, make_bench: Any) -> None:
        bench = make_bench()
        session = bench.open()
        bench.rest(1.0)
        bench.faults.texts["intel-rapl:1:1/energy_uj"] = "4711\n"
        bench.rest(1.0)
        window = session.begin("stuck")
        bench.work(2.0)
        window.end()
        bench.rest(6.0)
        reading = window.reading()
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert "dram-1 stood still" in reading.reason


class TestSeries:
    def test_has_the_hosts_power_and_a_count_without_wraps(self, make_bench: Any) -> None:
        bench = make_bench(about_to_wrap(INTEL, 100.0))
        session = bench.open()
        bench.rest(2.0)
        bench.work(2.0)
        samples = session.samples()
        assert {sample.device for sample in samples} == {"host"}
        assert samples[15].power_w == pytest.approx(40.0, rel=0.03)
        assert samples[-1].power_w == pytest.approx(160.0, rel=0.03)
        counts = [sample.energy_j for sample in samples]
        assert counts == sorted(counts)
        assert counts[-1] - counts[0] == pytest.approx(2 * 40.0 + 2 * 160.0, rel=0.03)

    @pytest.mark.parametrize(("period_s", "expected"), [(None, 40), (1.0, 4), (0.01, 400)])
    def test_comes_as_often_as_was_asked_for(
        self, make_bench: Any, period_s: float | None, expected: int
    ) -> None:
        bench = make_bench()
        session = bench.open(sample_period_s=period_s)
        start_ns = bench.clock.monotonic_ns()
        bench.work(4.0)
        samples = session.samples(start_ns)
        assert abs(len(samples) - expected) <= 1
        assert samples[-1].power_w == pytest.approx(160.0, rel=0.03)

    def test_tells_the_mean_since_the_row_before(self, make_bench: Any) -> None:
        bench = make_bench()
        session = bench.open(sample_period_s=1.0)
        for _ in range(4):
            bench.rest(0.5)
            bench.work(0.5)
        powers = [sample.power_w for sample in session.samples()[2:]]
        assert powers == pytest.approx([100.0] * len(powers), rel=0.05)

    def test_peak_is_that_of_the_work_and_not_of_the_counters_grain(self, make_bench: Any) -> None:
        assert make_bench().measure().peak_power_w == pytest.approx(160.0, rel=0.02)


class TestProblems:
    def test_are_none_where_the_host_can_be_read(self, make_bench: Any) -> None:
        assert make_bench().meter.problems([example_host()]) == ()

    def test_that_block_are_the_error_of_open(self, make_bench: Any) -> None:
        bench = make_bench()
        bench.faults.errors["energy_uj"] = PermissionError(13, "Permission denied")
        (problem,) = bench.meter.problems([example_host()])
        with pytest.raises(LlemError) as caught:
            bench.open()
        assert str(caught.value) == problem.message
        assert caught.value.cure == problem.cure

    def test_tell_of_devices_that_are_no_host(self, make_bench: Any) -> None:
        gpu = example_accelerator()
        (problem,) = make_bench().meter.problems([gpu, example_host()])
        assert problem.code == "meter_not_applicable"
        with pytest.raises(NotSupported):
            make_bench().meter.open(["host", gpu.uuid])

    @pytest.mark.parametrize("devices", [[], ["host", "host"]])
    def test_of_a_host_that_is_not_given_once_are_errors(
        self, make_bench: Any, devices: list[str]
    ) -> None:
        with pytest.raises(ConfigError):
            make_bench().meter.open(devices)


class TestSamplerProcess:
    def test_reads_the_same_counters(self, tmp_path: Path) -> None:
        """In real time, on counters that stand still; says that they are read, not when."""
        powercap = SimulatedPowercap(tmp_path, FakeClock(), INTEL, 100.0)
        samplers: list[ProcessSampler] = []

        def make_sampler(task: Any) -> ProcessSampler:
            samplers.append(ProcessSampler(task))
            return samplers[-1]

        session = RaplMeter(SystemClock(), make_sampler, powercap=powercap.root).open(["host"])
        session.close()
        assert samplers[0].flags == ()
        shown_uj = sum(zone.first_uj for zone in INTEL if zone.name in ("dram", "package-1"))
        first = session.samples()[0]
        package_uj = INTEL[0].first_uj
        assert first.energy_j == pytest.approx((shown_uj + package_uj) / 1e6)

    def test_opens_sensors_by_the_paths_of_their_counters(self, tmp_path: Path) -> None:
        (tmp_path / "energy_uj").write_text("1500000\n")
        (sensors,) = open_sensors([str(tmp_path / "energy_uj")])
        assert sensors.poll().energy_j == 1.5
