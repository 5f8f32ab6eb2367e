"""The estimate from CPU time: asked for by name, wide, and called an estimate everywhere."""

import math
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import ConfigError, LlemError, NotSupported
from llem_energy.estimate_meter import EstimateMeter, create_estimate_meter
from llem_energy.process_tree import ProcessTree
from llem_schema import ENERGY_ESTIMATED, RunSettings
from llem_testing import FakeClock, example_host
from llem_testing.suites import PolledBench


class Cores(PolledBench):
    """A process that keeps some cores busy, on a meter that takes 10 W for each."""

    def __init__(self, core_power_w: float = 10.0) -> None:
        clock = FakeClock()
        self.busy_s = 0.0
        self.cores = 0.0
        self.sigma_s = 0.0
        self.since_ns = clock.monotonic_ns()
        host = example_host()
        super().__init__(
            meter=EstimateMeter(self, clock, core_power_w, self.make_sampler),
            clock=clock,
            devices=(host,),
            idle_w={host.uuid: 0.0},
            busy_w={host.uuid: 40.0},
        )

    def draw(self, watts: Any) -> None:
        self.busy_s, self.since_ns = self.cpu_seconds(), self.clock.monotonic_ns()
        self.cores = watts["host"] / 10.0

    def cpu_seconds(self) -> float:
        clock = getattr(self, "clock", None)
        now_ns = self.since_ns if clock is None else clock.monotonic_ns()
        return self.busy_s + self.cores * (now_ns - self.since_ns) / 1e9

    def reading_sigma_s(self) -> float:
        return self.sigma_s


@pytest.fixture
def cores() -> Any:
    bench = Cores()
    yield bench
    bench.close()


def measured(bench: Cores) -> Any:
    session = bench.open()
    bench.rest(1.0)
    window = session.begin("work")
    bench.work(5.0)
    window.end()
    bench.rest(1.0)
    return window.reading()


class TestReading:
    def test_is_cpu_time_at_the_stated_power(self, cores: Cores) -> None:
        assert measured(cores).energy_j == pytest.approx(5.0 * 4 * 10.0, rel=0.02)

    def test_says_that_it_is_an_estimate_and_of_what(self, cores: Cores) -> None:
        reading = measured(cores)
        assert reading.method == "estimate"
        assert reading.scope == "process_tree"
        assert ENERGY_ESTIMATED in reading.flags
        assert "10 W for each busy core" in reading.devices[0].reason

    def test_is_uncertain_by_half_in_comparisons_too(self, cores: Cores) -> None:
        reading = measured(cores)
        assert reading.uncertainty_j == pytest.approx(0.5 * reading.energy_j, rel=0.05)
        assert reading.comparison_uncertainty_j == pytest.approx(reading.uncertainty_j)

    @pytest.mark.parametrize("length_s", [0.001, 2.0, 60.0])
    def test_of_a_process_that_does_nothing_is_none_with_a_bound(
        self, cores: Cores, length_s: float
    ) -> None:
        cores.sigma_s = 0.01
        session = cores.open()
        cores.rest(1.0)
        window = session.begin("idle")
        cores.rest(length_s)
        window.end()
        cores.rest(1.0)
        reading = window.reading()
        assert (reading.energy_j, reading.code) == (None, "unresolved_window")
        assert reading.upper_bound_j == pytest.approx(2 * math.sqrt(2) * 0.01 * 10.0)

    def test_is_as_uncertain_as_its_readings_are_coarse(self, cores: Cores) -> None:
        cores.sigma_s = 0.5
        reading = measured(cores)
        assert reading.devices[0].terms["resolution"] == pytest.approx(math.sqrt(2) * 0.5 * 10.0)
        assert reading.uncertainty_j > 0.5 * reading.energy_j + 1.0

    def test_without_cpu_time_is_none_and_no_session_begins(self, tmp_path: Path) -> None:
        meter = EstimateMeter(ProcessTree(1, tmp_path / "no /proc here"), FakeClock())
        (problem,) = meter.problems([example_host()])
        assert "no /proc here" in problem.message
        with pytest.raises(LlemError, match="no /proc here"):
            meter.open(["host"])

    def test_is_of_the_host_alone(self, cores: Cores) -> None:
        with pytest.raises(NotSupported):
            cores.meter.open(["GPU-1"])
        with pytest.raises(ConfigError):
            cores.meter.open([])


class TestPowerOfACore:
    @pytest.mark.parametrize(
        ("environ", "watts"), [({}, 12.0), ({"LLEM_CPU_W_PER_CORE": "4.5"}, 4.5)]
    )
    def test_comes_from_the_environment_or_is_that_of_the_source(
        self, environ: dict[str, str], watts: float
    ) -> None:
        assert create_estimate_meter(RunSettings(), environ).core_power_w == watts

    @pytest.mark.parametrize("stated", ["", "twelve", "0", "-3", "nan", "1e9"])
    def test_that_is_none_is_refused(self, stated: str) -> None:
        with pytest.raises(ConfigError, match="LLEM_CPU_W_PER_CORE"):
            create_estimate_meter(RunSettings(), {"LLEM_CPU_W_PER_CORE": stated})
