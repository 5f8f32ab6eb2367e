"""What a session has polled so far: columns that only grow, shared between threads."""

import math
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from llem_contracts import Sample

from llem_energy.counting import Break, Counter
from llem_energy.poll import BoardState, Poll
from llem_energy.rows import Rows
from llem_energy.throttling import reasons_of

_NAN = math.nan


@dataclass(frozen=True, slots=True)
class Gap:
    """A span in which nobody looked at a device, from its last poll before to the first after."""

    start_ns: int
    end_ns: int
    reason: str


class Series(Protocol):
    """A device's part of the sample series, by the number of the pass."""

    def power_w(self, index: int) -> float:
        """Power of a pass; NaN where none was read."""
        ...

    def sample(self, index: int, stride: int) -> Sample | None:
        """One pass as a row of the series, `stride` passes after the row before it; None where it
        got nothing."""
        ...


class Trace:
    """All polls of one device, about 40 bytes each, and its slow state beside them."""

    def __init__(self, uuid: str, range_j: float | None = None) -> None:
        """`range_j`: where the energy counter begins again at zero; None where it never does."""
        self.uuid = uuid
        self.times_ns = array("q")
        self.halves_ns = array("q")
        self.energies_j = array("d")
        """The counter without its wraps."""
        self.instants_w = array("d")
        self.averages_w = array("d")
        self.states: list[tuple[int, BoardState]] = []
        """Instant and state, for the polls that asked."""
        self.lost: tuple[int, str] | None = None
        """When and why the device stopped to answer."""
        self.gaps: list[Gap] = []
        """Where sampling broke off and went on, in order of time. Nothing is known inside."""
        self._counter = Counter(range_j)
        self._interrupted: str | None = None

    def append(self, poll: Poll) -> None:
        if self._interrupted is not None:
            if self.times_ns:
                self.gaps.append(Gap(self.times_ns[-1], poll.at_ns, self._interrupted))
            self._interrupted = None
        if poll.state is not None:
            self.states.append((poll.at_ns, poll.state))
        self.times_ns.append(poll.at_ns)
        self.halves_ns.append(poll.half_ns)
        shown_j = poll.energy_j
        self.energies_j.append(
            _NAN if shown_j is None else self._counter.follow(poll.at_ns, shown_j)
        )
        self.instants_w.append(_number(poll.instant_w))
        self.averages_w.append(_number(poll.average_w))
        if poll.lost is not None and self.lost is None:
            self.lost = (poll.at_ns, poll.lost)

    def interrupt(self, reason: str) -> None:
        """Say that polls are missing before the next one."""
        self._interrupted = self._interrupted or reason

    def gap_between(self, start_ns: int, end_ns: int) -> Gap | None:
        """The first gap that reaches into the span."""
        return next((g for g in self.gaps if g.start_ns < end_ns and g.end_ns > start_ns), None)

    @property
    def going_since_ns(self) -> int | None:
        """First poll since sampling last broke off; None where there is none yet."""
        if self._interrupted is not None or not self.times_ns:
            return None
        return self.gaps[-1].end_ns if self.gaps else self.times_ns[0]

    def passes(self, start_ns: int, end_ns: int) -> range:
        """Numbers of the passes from `start_ns` to `end_ns`, both included."""
        return range(bisect_left(self.times_ns, start_ns), bisect_right(self.times_ns, end_ns))

    def rows(self, start_ns: int, end_ns: int) -> Rows:
        """Polls from `start_ns` to `end_ns`, both included."""
        found = self.passes(start_ns, end_ns)
        span = slice(found.start, found.stop)
        return Rows(
            self.times_ns[span],
            self.halves_ns[span],
            self.energies_j[span],
            self.instants_w[span],
            self.averages_w[span],
        )

    def rows_without_resets(self, start_ns: int, end_ns: int, inside_ns: int) -> Rows:
        """The same, cut to the stretch around `inside_ns` without a gap, in which the counter was
        followed."""
        cuts: list[Break | Gap] = [*self._counter.breaks, *self.gaps]
        for found in cuts:
            if found.end_ns <= inside_ns:
                start_ns = max(start_ns, found.end_ns)
            else:
                end_ns = min(end_ns, found.start_ns)
        return self.rows(start_ns, end_ns)

    def peak_w(self, start_ns: int, end_ns: int) -> float | None:
        """Largest power that was read in the span, of the moment where that can be read."""
        powers = (self.power_w(index) for index in self.passes(start_ns, end_ns))
        return max((power for power in powers if not math.isnan(power)), default=None)

    def break_between(self, start_ns: int, end_ns: int) -> Break | None:
        """The first time within the span that the counter could not be followed."""
        return next(
            (b for b in self._counter.breaks if b.start_ns <= end_ns and b.end_ns >= start_ns), None
        )

    def states_between(self, start_ns: int, end_ns: int) -> list[tuple[int, BoardState]]:
        """Slow states with their instants, from `start_ns` to `end_ns`, both included."""
        return [(at_ns, state) for at_ns, state in self.states if start_ns <= at_ns <= end_ns]

    def shared_between(self, start_ns: int, end_ns: int) -> bool:
        """Whether a stranger was on the device: at any look in the span, or at the last before."""
        first = max(bisect_right(self.states, start_ns, key=lambda state: state[0]) - 1, 0)
        looks = self.states[first : bisect_right(self.states, end_ns, key=lambda state: state[0])]
        return any(state.other_processes for _, state in looks)

    def power_w(self, index: int) -> float:
        """Power of a poll: that of the moment where it can be read; NaN where none was."""
        instant_w = self.instants_w[index]
        return self.averages_w[index] if math.isnan(instant_w) else instant_w

    def sample(self, index: int, stride: int) -> Sample | None:
        """One poll as a row of the series; None where it got nothing.

        It carries the slow state that was read since the row before it, `stride` polls earlier.
        """
        power_w, energy_j = self.power_w(index), self.energies_j[index]
        state = self._latest_state(index, stride)
        if math.isnan(power_w) and math.isnan(energy_j) and state is None:
            return None
        state = state or BoardState()
        return Sample(
            monotonic_ns=self.times_ns[index],
            device=self.uuid,
            power_w=None if math.isnan(power_w) else power_w,
            energy_j=None if math.isnan(energy_j) else energy_j,
            temperature_c=state.temperature_c,
            sm_clock_mhz=state.sm_clock_mhz,
            memory_clock_mhz=state.memory_clock_mhz,
            performance_state=state.performance_state,
            throttle=None if state.throttle_bits is None else reasons_of(state.throttle_bits),
        )

    def _latest_state(self, index: int, stride: int) -> BoardState | None:
        after_ns = self.times_ns[index - stride] if index >= stride else self.times_ns[0] - 1
        last = bisect_right(self.states, self.times_ns[index], key=lambda state: state[0]) - 1
        return self.states[last][1] if last >= 0 and self.states[last][0] > after_ns else None


class Recording:
    """The traces of a session's devices, row by row in step.

    `changed` guards them and is notified after every pass over the devices.
    """

    def __init__(
        self,
        uuids: Sequence[str],
        series_stride: int,
        ranges_j: Mapping[str, float] | None = None,
    ) -> None:
        """`series_stride`: every how many passes one belongs to the sample series.

        `ranges_j`: where counters begin again at zero, for those that do.
        """
        ranges_j = ranges_j or {}
        self.traces = {uuid: Trace(uuid, ranges_j.get(uuid)) for uuid in uuids}
        self.changed = threading.Condition()
        self.stopped: str | None = None
        """Why no further pass comes, unless sampling is resumed."""
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

    def resume(self) -> None:
        """Say that passes come again after a stop; the time between is a gap in every trace."""
        with self.changed:
            if self.stopped is not None:
                self.interrupt(self.stopped)
                self.stopped = None

    def interrupt(self, reason: str) -> None:
        """Say that passes are missing before the next one."""
        with self.changed:
            for trace in self.traces.values():
                trace.interrupt(reason)

    def samples(self, devices: Sequence[Series], since_ns: int) -> list[Sample]:
        """The sample series of devices from `since_ns` on, in order of time."""
        with self.changed:
            return [
                sample
                for index in self._passes(since_ns)
                for sample in (device.sample(index, self._stride) for device in devices)
                if sample is not None and sample.monotonic_ns >= since_ns
            ]

    def summed_powers_w(
        self, devices: Sequence[Series], start_ns: int, end_ns: int, *, series: bool
    ) -> list[float]:
        """Power of all devices together, for each pass in the span that read them all.

        `series`: only passes that belong to the sample series.
        """
        with self.changed:
            passes = next(iter(self.traces.values())).passes(start_ns, end_ns)
            sums = (
                sum(device.power_w(index) for device in devices)
                for index in passes
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
