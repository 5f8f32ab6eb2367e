"""A bench of simulated GPUs: how the meter suites are run on a meter that polls NVML."""

from collections.abc import Callable, Mapping, Sequence

from llem_contracts import Meter
from llem_schema import DeviceFacts

from llem_testing.cases import example_accelerator
from llem_testing.clock import FakeClock
from llem_testing.simulated_gpu import ChangingGpus, Sensors
from llem_testing.suites.polled_bench import MakeSampler, PolledBench

_IDLE_W = {"GPU-a": 60.0, "GPU-b": 90.0}
_BUSY_W = {"GPU-a": 300.0, "GPU-b": 500.0}

MakeMeter = Callable[[ChangingGpus, FakeClock, MakeSampler], tuple[Meter, Sequence[DeviceFacts]]]
"""Of a binding, a clock and what makes its samplers: a meter, and the devices it sees."""


class SimulatedBench(PolledBench):
    """Two boards, which differ in power, under a meter that polls them on a fake clock."""

    def __init__(
        self,
        make_meter: MakeMeter,
        sensors: Sensors,
        around: Callable[[Meter], Meter] = lambda meter: meter,
    ) -> None:
        """`around`: makes of the meter the one under test."""
        clock = FakeClock(monotonic_ns=7_013_000_001)
        self._gpus = ChangingGpus(clock, _IDLE_W, sensors)
        meter, devices = make_meter(self._gpus, clock, self.make_sampler)
        super().__init__(
            meter=around(meter),
            clock=clock,
            devices=devices,
            idle_w=_IDLE_W,
            busy_w=_BUSY_W,
            stranger=example_accelerator(9),
        )

    def draw(self, watts: Mapping[str, float]) -> None:
        self._gpus.draw(watts)

    def fail(self) -> None:
        self._gpus.lose()
