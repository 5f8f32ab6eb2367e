"""A bench of the scripted meter: how the meter suites are run on it, and on meters around it."""

from collections.abc import Callable, Mapping

from llem_contracts import Meter

from llem_testing.cases import example_accelerator
from llem_testing.clock import FakeClock
from llem_testing.load import Load
from llem_testing.meter import ScriptedMeter, Watts
from llem_testing.suites.meter_bench import MeterBench


class ScriptedBench(MeterBench):
    """Two boards on a fake clock, which differ in power."""

    def __init__(self, around: Callable[[ScriptedMeter], Meter] = lambda meter: meter) -> None:
        """`around`: makes of the scripted meter the one under test."""
        boards = (example_accelerator(0), example_accelerator(1))
        watts = {boards[0].uuid: Watts(60.0, 300.0), boards[1].uuid: Watts(90.0, 500.0)}
        clock = FakeClock()
        self.load = Load()
        self.scripted = ScriptedMeter(clock, watts, self.load, gain=0.02, edge_j=0.5)
        super().__init__(
            meter=around(self.scripted),
            clock=clock,
            devices=boards,
            idle_w={uuid: of_board.idle for uuid, of_board in watts.items()},
            busy_w={uuid: of_board.busy for uuid, of_board in watts.items()},
            stranger=example_accelerator(9),
        )

    def advance(self, seconds: float, watts: Mapping[str, float]) -> None:
        start_ns = self.clock.monotonic_ns()
        self.clock.sleep(seconds)
        if watts == self.busy_w:
            self.load.add(start_ns, self.clock.monotonic_ns())

    def fail(self) -> None:
        self.scripted.failure = "the device is lost"
