"""The meter suite over the meters of the host: RAPL on simulated folders, and the estimate."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from llem_contracts import Clock
from llem_energy.descriptors import ESTIMATE_METER, RAPL_METER
from llem_energy.estimate_meter import EstimateMeter
from llem_energy.rapl_meter import RaplMeter
from llem_testing import FakeClock, example_host
from llem_testing.simulated_powercap import AMD, INTEL, PowercapZone, about_to_wrap
from llem_testing.suites import (
    HardwareMeterSuite,
    MeterBench,
    MeterSuite,
    PolledBench,
    PowercapBench,
    WorkBench,
)


def rapl_meter(powercap: Path, clock: Clock, make_sampler: Any) -> RaplMeter:
    return RaplMeter(clock, make_sampler, powercap=powercap)


class RaplSuite(MeterSuite):
    plugin = ("llem.meters", "rapl")
    descriptor = RAPL_METER
    zones: Sequence[PowercapZone]

    def make_bench(self) -> MeterBench:
        return PowercapBench(rapl_meter, self.zones)


class TestRaplOfTwoPackagesWithMemory(RaplSuite):
    zones = INTEL


class TestRaplOfOnePackage(RaplSuite):
    zones = AMD


class TestRaplThatWrapsInTheWindow(RaplSuite):
    zones = about_to_wrap(INTEL, 140.0)  # 40 W for a second or so, then 160 W


class TestHardwareTierOfRapl(HardwareMeterSuite):
    """What runs on a real host, on a simulated one."""

    descriptor = RAPL_METER

    def make_bench(self) -> WorkBench:
        return PowercapBench(rapl_meter, INTEL)


class CpuBench(PolledBench):
    """A process tree on cores of 12 W each: it keeps one of them busy, or eight."""

    def __init__(self) -> None:
        self._busy_s = 0.0
        self._since_ns = 0
        self._cores = 0.0
        self._failed = False
        clock = FakeClock()
        host = example_host()
        super().__init__(
            meter=EstimateMeter(self, clock, 12.0, self.make_sampler),
            clock=clock,
            devices=(host,),
            idle_w={host.uuid: 12.0},
            busy_w={host.uuid: 96.0},
        )
        self.draw(self.idle_w)

    def draw(self, watts: Mapping[str, float]) -> None:
        (of_host,) = watts.values()
        self._busy_s = self.cpu_seconds() if not self._failed else 0.0
        self._since_ns = self.clock.monotonic_ns()
        self._cores = of_host / 12.0

    def fail(self) -> None:
        self._failed = True

    def reading_sigma_s(self) -> float:
        return 0.01

    def cpu_seconds(self) -> float:
        if self._failed:
            raise OSError("/proc is gone")
        return self._busy_s + self._cores * (self.clock.monotonic_ns() - self._since_ns) / 1e9


class TestEstimate(MeterSuite):
    plugin = ("llem.meters", "estimate")
    descriptor = ESTIMATE_METER

    def make_bench(self) -> MeterBench:
        return CpuBench()
