"""Looks at all devices again and again. Knows neither threads nor NVML."""

from collections.abc import Sequence
from typing import Protocol

from llem_contracts import Clock

from llem_energy.poll import Poll


class Sensors(Protocol):
    """The sensors of one device."""

    def poll(self) -> Poll:
        """Read everything now. What cannot be read is None; never raises for the driver."""
        ...


class PollSink(Protocol):
    """Takes the passes of a polling loop: a recording, or a log on the way to one."""

    def append(self, polls: Sequence[Poll]) -> None:
        """Take one pass: a poll of each device, in their order."""
        ...


_GOLDEN = (5**0.5 - 1) / 2


class PollingLoop:
    """One pass over the devices at a time, about every period.

    Pass number k is due at k periods, early or late by up to half of one in a fixed pattern: the
    fractional part of k times the golden ratio, which spreads evenly. So polls never keep step
    with a sensor's updates, and each update is seen now early, now late (see `ticks`).

    A pass that comes late skips those it missed. A device that is lost is not asked again.
    """

    def __init__(
        self, sensors: Sequence[Sensors], sink: PollSink, clock: Clock, period_s: float
    ) -> None:
        self._sensors = sensors
        self._sink = sink
        self._clock = clock
        self._period_ns = int(period_s * 1e9)
        self._lost: set[int] = set()
        self._origin_ns = clock.monotonic_ns()
        self._number = 0
        self.due_ns = self._origin_ns
        """When the next pass is due."""

    def poll(self) -> None:
        """Make one pass now and set when the next is due."""
        polls = []
        for index, sensors in enumerate(self._sensors):
            if index in self._lost:
                polls.append(Poll(at_ns=self._clock.monotonic_ns()))
                continue
            poll = sensors.poll()
            if poll.lost is not None:
                self._lost.add(index)
            polls.append(poll)
        self._sink.append(polls)
        passed = (self._clock.monotonic_ns() - self._origin_ns) // self._period_ns
        self._number = max(self._number + 1, passed)
        self.due_ns = self._origin_ns + self._due_after_ns(self._number)

    def _due_after_ns(self, number: int) -> int:
        early_or_late = (number * _GOLDEN) % 1 - 0.5
        return int((number + early_or_late) * self._period_ns)
