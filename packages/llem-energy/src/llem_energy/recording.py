"""What a session has polled so far: columns that only grow, shared between threads."""

import math
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llem_contracts import Sample

from llem_energy.rows import Rows

_NAN = math.nan


@dataclass(frozen=True, slots=True)
class Poll:
    """One look at one device. None: not read."""

    at_ns: int
    energy_j: float | None = None
    power_w: float | None = None
    temperature_c: float | None = None
    lost: str | None = None
    """Why this device will not answer again."""


class Trace:
    """All polls of one device, about 32 bytes each."""

    def __init__(self, uuid: str) -> None:
        self.uuid = uuid
        self.times_ns = array("q")
        self.energies_j = array("d")
        self.powers_w = array("d")
        self.temperatures_c = array("d")
        self.resets_ns: list[tuple[int, int]] = []
        """Spans between polls in which the counter fell."""
        self.lost: tuple[int, str] | None = None
        """When and why the device stopped to answer."""
        self._last_counted: tuple[int, float] | None = None

    def append(self, poll: Poll) -> None:
        self.times_ns.append(poll.at_ns)
        self.energies_j.append(_number(poll.energy_j))
        self.powers_w.append(_number(poll.power_w))
        self.temperatures_c.append(_number(poll.temperature_c))
        if poll.energy_j is not None:
            if self._last_counted is not None and poll.energy_j < self._last_counted[1]:
                self.resets_ns.append((self._last_counted[0], poll.at_ns))
            self._last_counted = (poll.at_ns, poll.energy_j)
        if poll.lost is not None and self.lost is None:
            self.lost = (poll.at_ns, poll.lost)

    def rows(self, start_ns: int, end_ns: int) -> Rows:
        """Polls from `start_ns` to `end_ns`, both included."""
        low, high = bisect_left(self.times_ns, start_ns), bisect_right(self.times_ns, end_ns)
        return Rows(self.times_ns[low:high], self.energies_j[low:high], self.powers_w[low:high])

    def rows_around(self, start_ns: int, end_ns: int, reach_ns: int) -> Rows:
        """Polls within `reach_ns` of either instant: all that the ends of a long window need."""
        if end_ns - start_ns <= 2 * reach_ns:
            return self.rows(start_ns - reach_ns, end_ns + reach_ns)
        first = self.rows(start_ns - reach_ns, start_ns + reach_ns)
        last = self.rows(end_ns - reach_ns, end_ns + reach_ns)
        return Rows(
            [*first.times_ns, *last.times_ns],
            [*first.energies_j, *last.energies_j],
            [*first.powers_w, *last.powers_w],
        )

    def was_reset(self, start_ns: int, end_ns: int) -> bool:
        """Whether the counter may have fallen within the span."""
        return any(first <= end_ns and last >= start_ns for first, last in self.resets_ns)

    def sample(self, index: int) -> Sample | None:
        """One poll as a row of the series; None where it got nothing."""
        values = (self.powers_w[index], self.energies_j[index], self.temperatures_c[index])
        if all(math.isnan(value) for value in values):
            return None
        power_w, energy_j, temperature_c = (None if math.isnan(v) else v for v in values)
        return Sample(self.times_ns[index], self.uuid, power_w, energy_j, temperature_c)


class Recording:
    """The traces of a session's devices, row by row in step.

    `changed` guards them and is notified after every pass over the devices.
    """

    def __init__(self, uuids: Sequence[str], series_stride: int) -> None:
        """`series_stride`: every how many passes one belongs to the sample series."""
        self.traces = {uuid: Trace(uuid) for uuid in uuids}
        self.changed = threading.Condition()
        self.stopped: str | None = None
        """Why there will be no further pass."""
        self._stride = series_stride

    def append(self, polls: Sequence[Poll]) -> None:
        """Add one pass: a poll of each device, in the order of the traces."""
        with self.changed:
            for trace, poll in zip(self.traces.values(), polls, strict=True):
                trace.append(poll)
            self.changed.notify_all()

    def stop(self, reason: str) -> None:
        """Say that no further pass comes."""
        with self.changed:
            self.stopped = self.stopped or reason
            self.changed.notify_all()

    def samples(self, since_ns: int) -> list[Sample]:
        """The sample series from `since_ns` on, in order of time."""
        with self.changed:
            return [
                sample
                for index in self._passes(since_ns)
                for sample in (trace.sample(index) for trace in self.traces.values())
                if sample is not None and sample.monotonic_ns >= since_ns
            ]

    def summed_powers_w(self, start_ns: int, end_ns: int, *, series: bool) -> list[float]:
        """Power of all devices together, for each pass in the span that read them all.

        `series`: only passes that belong to the sample series.
        """
        with self.changed:
            traces = list(self.traces.values())
            times = traces[0].times_ns
            low, high = bisect_left(times, start_ns), bisect_right(times, end_ns)
            sums = (
                sum(trace.powers_w[index] for trace in traces)
                for index in range(low, high)
                if not series or index % self._stride == 0
            )
            return [total for total in sums if not math.isnan(total)]

    def _passes(self, since_ns: int) -> Iterator[int]:
        times = next(iter(self.traces.values())).times_ns
        first = max(bisect_left(times, since_ns) - 1, 0)
        first += -first % self._stride
        return iter(range(first, len(times), self._stride))


def _number(value: float | None) -> float:
    return _NAN if value is None else value
