"""A bench of a simulated host: how the meter suites are run on a meter that reads powercap."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from llem_contracts import Clock, Meter

from llem_testing.cases import example_host
from llem_testing.clock import FakeClock
from llem_testing.simulated_powercap import PowercapZone, SimulatedPowercap
from llem_testing.suites.polled_bench import MakeSampler, PolledBench

_IDLE_W = 40.0
_BUSY_W = 160.0

MakeHostMeter = Callable[[Path, Clock, MakeSampler], Meter]
"""Of a powercap folder, a clock and what makes its samplers: a meter."""


class PowercapBench(PolledBench):
    """One host under a meter that polls its counters on a fake clock."""

    def __init__(
        self,
        make_meter: MakeHostMeter,
        zones: Sequence[PowercapZone],
        around: Callable[[Meter], Meter] = lambda meter: meter,
        *,
        start_ns: int = 7_013_000_001,
    ) -> None:
        """`around`: makes of the meter the one under test."""
        clock = FakeClock(monotonic_ns=start_ns)
        self._folder = tempfile.TemporaryDirectory(prefix="llem-powercap-")
        self.powercap = SimulatedPowercap(Path(self._folder.name), clock, zones, _IDLE_W)
        meter = make_meter(self.powercap.root, self.powercap.clock, self.make_sampler)
        host = example_host()
        super().__init__(
            meter=around(meter),
            clock=clock,
            devices=(host,),
            idle_w={host.uuid: _IDLE_W},
            busy_w={host.uuid: _BUSY_W},
        )

    def draw(self, watts: Mapping[str, float]) -> None:
        (of_host,) = watts.values()
        self.powercap.draw(of_host)

    def fail(self) -> None:
        self.powercap.remove()

    def close(self) -> None:
        super().close()
        self._folder.cleanup()
