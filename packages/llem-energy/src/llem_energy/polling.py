"""Looks at all devices again and again. Knows neither threads nor NVML."""

from collections.abc import Sequence
from typing import Protocol

from llem_contracts import Clock

from llem_energy.recording import Poll, Recording


class Sensors(Protocol):
    """The sensors of one device."""

    def poll(self) -> Poll:
        """Read everything now. What cannot be read is None; never raises for the driver."""
        ...


class PollingLoop:
    """One pass over the devices at a time, on a fixed grid of instants.

    A pass that comes late skips the instants it missed. A device that is lost is not asked again.
    """

    def __init__(
        self, sensors: Sequence[Sensors], recording: Recording, clock: Clock, period_s: float
    ) -> None:
        self._sensors = sensors
        self._recording = recording
        self._clock = clock
        self._period_ns = int(period_s * 1e9)
        self._lost: set[int] = set()
        self.due_ns = clock.monotonic_ns()
        """When the next pass is due."""

    def poll(self) -> None:
        """Make one pass now and set when the next is due."""
        polls = []
        for index, sensors in enumerate(self._sensors):
            if index in self._lost:
                polls.append(Poll(self._clock.monotonic_ns()))
                continue
            poll = sensors.poll()
            if poll.lost is not None:
                self._lost.add(index)
            polls.append(poll)
        self._recording.append(polls)
        late = (self._clock.monotonic_ns() - self.due_ns) // self._period_ns
        self.due_ns += (max(late, 0) + 1) * self._period_ns
