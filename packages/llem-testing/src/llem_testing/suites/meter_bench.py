"""What the meter suite needs beside a meter: devices whose true power the author of the test knows.

    def advance(self, seconds, watts):          # the author's part
        ... make each device draw watts[uuid] for so long, then idle_w[uuid] again ...

The suite lets the devices work and rest through it and reckons the true joules itself.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import pytest
from llem_contracts import Clock, Meter
from llem_schema import DeviceFacts

from llem_testing.suites.work_bench import WorkBench


class MeterBench(WorkBench):
    """A meter, its devices, and the power they are made to draw. Fresh for every test."""

    accuracy: float = 0.05
    """Relative error that energy and power of a window may have, whatever is stated."""

    def __init__(
        self,
        *,
        meter: Meter,
        clock: Clock,
        devices: Sequence[DeviceFacts],
        idle_w: Mapping[str, float],
        busy_w: Mapping[str, float],
        stranger: DeviceFacts | None = None,
    ) -> None:
        """Watts are by UUID."""
        super().__init__(meter=meter, clock=clock, devices=devices, stranger=stranger)
        self.idle_w = dict(idle_w)
        self.busy_w = dict(busy_w)
        self._worked: list[tuple[int, int]] = []

    @abstractmethod
    def advance(self, seconds: float, watts: Mapping[str, float]) -> None:
        """Let time pass in which each device draws `watts`: `idle_w` or `busy_w`, nothing else.

        Outside of this call the devices draw `idle_w`.
        """

    def fail(self) -> None:
        """Make the sensors of all devices fail from now on, for good."""
        pytest.skip("this bench cannot make a sensor fail")

    def work(self, seconds: float) -> None:
        """All devices are busy."""
        start_ns = self.clock.monotonic_ns()
        self.advance(seconds, self.busy_w)
        self._worked.append((start_ns, self.clock.monotonic_ns()))

    def rest(self, seconds: float) -> None:
        """All devices are idle."""
        self.advance(seconds, self.idle_w)

    def true_j(self, uuid: str, start_ns: int, end_ns: int) -> float:
        """What a device has drawn between two instants."""
        worked_ns = sum(
            max(0, min(end_ns, last_ns) - max(start_ns, first_ns))
            for first_ns, last_ns in self._worked
        )
        idle_ns = end_ns - start_ns - worked_ns
        return (self.busy_w[uuid] * worked_ns + self.idle_w[uuid] * idle_ns) / 1e9
