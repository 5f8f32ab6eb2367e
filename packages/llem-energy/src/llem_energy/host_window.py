"""The host over one window: the sum of its parts, each with a counter of its own.

The counters move far more often than they are polled, so that every poll is a point of the curve:
what it read was reached some time in the update period before it (see `polled_counter`).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from llem_contracts import Sample
from llem_schema import HOST_ID, DeviceReading, FrozenDict

from llem_energy.budget import EXPANSION, GAIN
from llem_energy.device_window import DeviceWindow
from llem_energy.poll import BoardState
from llem_energy.polled_counter import Reached, energy_at
from llem_energy.recording import Trace
from llem_energy.tracks import Knot

MAY_REFUSE_BELOW_S = 1.0
"""Below this length a window may be too short to resolve."""
RESOLUTION = "resolution"
"""Term: what lies below the smallest step of a counter."""
_REACH_NS = 5_000_000_000
"""How far around either end polls are looked at."""
_POLLS_BEYOND = 5
"""Polls awaited on either side of a window: enough for a plateau."""
_POWER_OVER_NS = 100_000_000
"""A power is the mean over at least this, so that the age of two readings matters little."""
_MOST_STANDSTILL = 0.1
"""Share of polls that may read what the one before them read."""


@dataclass(frozen=True)
class HostPart:
    """A part of the host and what its counter has shown."""

    trace: Trace
    """Its `uuid` is the name of the part."""
    error_share: float
    """1 sigma of what the counter is off by in every window, as a share of the energy."""

    @property
    def name(self) -> str:
        return self.trace.uuid

    def joules(self, index: int, back_to: int) -> float:
        """Growth of the counter between two passes; NaN where one did not read it."""
        return self.trace.energies_j[index] - self.trace.energies_j[back_to]


@dataclass(frozen=True)
class MeteredHost:
    """The host, what it is made of, and how its joules come about."""

    parts: Sequence[HostPart]
    method: str
    scope: str
    update_s: float
    """A reading is at most this old."""
    reason: str
    """What the figure is, for every reading."""
    always_moves: bool = True
    """A counter that stands still is an old one; False where it may be that nothing was used."""
    error_term: str = GAIN
    """Name of the term for what the counters are off by."""
    may_refuse_below_s: float = MAY_REFUSE_BELOW_S
    """Below this length a window may be unresolved; infinite where it depends on what was used."""
    reading_sigma_j: Callable[[], float] | None = None
    """1 sigma of one reading by the resolution of the counters; None where that is far too fine."""
    flags: tuple[str, ...] = ()

    @property
    def uuid(self) -> str:
        return HOST_ID

    def started(self, now_ns: int) -> bool:
        """Whether a window may begin: what its start is carried from has been seen."""
        return all(
            part.trace.lost is not None
            or (
                part.trace.going_since_ns is not None
                and self._enough(part, part.trace.going_since_ns, now_ns)
            )
            for part in self.parts
        )

    def complete(self, end_ns: int) -> bool:
        """Whether everything that a window's end needs has arrived, or never will."""
        return all(
            part.trace.lost is not None
            or part.trace.gap_between(end_ns, end_ns + _REACH_NS) is not None
            or self._enough(part, end_ns, end_ns + _REACH_NS)
            for part in self.parts
        )

    def read(self, start_ns: int, end_ns: int, stopped: str | None) -> DeviceWindow:
        """Energy of a closed window. `stopped`: why sampling ended, where it has."""
        duration_s = (end_ns - start_ns) / 1e9
        joules: dict[str, float] = {}
        edges_j = off_j = 0.0  # what drives one part drives the others: at worst all err alike
        for part in self.parts:
            failure = self._failure(part, start_ns, end_ns)
            if failure is not None:
                return self._empty(*failure)
            ends = self._ends(part, start_ns, end_ns)
            if isinstance(ends, str):
                reason = f"no reading of {part.name} {ends}"
                silenced = part.trace.lost[1] if part.trace.lost is not None else stopped
                if silenced is not None:
                    return self._empty("sensor_failed", f"{reason} ({silenced})")
                if duration_s < MAY_REFUSE_BELOW_S:
                    return self._empty("unresolved_window", _unresolved(duration_s, reason))
                return self._empty("sensor_failed", reason)
            joules[part.name], sigma_j = ends
            edges_j += sigma_j
            off_j += part.error_share * joules[part.name]
        total_j = sum(joules.values())
        terms = {self.error_term: off_j, "edges": edges_j}
        if self.reading_sigma_j is not None:
            terms[RESOLUTION] = math.sqrt(2) * self.reading_sigma_j()  # of either end's reading
        unseen_j = EXPANSION * math.hypot(edges_j, terms.get(RESOLUTION, 0.0))
        if duration_s < self.may_refuse_below_s and total_j <= unseen_j:
            reason = _unresolved(duration_s, "its error is as large as its figure")
            bound_j = total_j + EXPANSION * math.hypot(*terms.values())
            return self._empty("unresolved_window", reason, bound_j)
        return DeviceWindow(
            DeviceReading(
                uuid=HOST_ID,
                energy_j=total_j,
                method=self.method,
                scope=self.scope,
                mean_power_w=total_j / duration_s,
                peak_power_w=self._peak_w(start_ns, end_ns),
                terms=FrozenDict(terms),
                flags=self.flags,
                reason=self.reason,
                parts_j=FrozenDict(joules),
            ),
            None,
            None,
        )

    def mean_power_w(self, start_ns: int, end_ns: int) -> float | None:
        """Mean power between the first and the last poll of the span; None without two."""
        indices = self.parts[0].trace.passes(start_ns, end_ns)
        return _or_none(self._mean_w(indices[-1], indices[0])) if len(indices) > 1 else None

    def states_between(self, start_ns: int, end_ns: int) -> Sequence[tuple[int, BoardState]]:
        return ()

    def power_w(self, index: int) -> float:
        """Mean power over the last `_POWER_OVER_NS` before a pass; NaN at the beginning."""
        return self._mean_w(index, self._back_from(index, 1))

    def sample(self, index: int, stride: int) -> Sample | None:
        """One pass as a row of the series, with the mean power since the row before it."""
        energy_j = sum(part.trace.energies_j[index] for part in self.parts)
        if math.isnan(energy_j):
            return None
        return Sample(
            monotonic_ns=self.parts[0].trace.times_ns[index],
            device=HOST_ID,
            power_w=_or_none(self._mean_w(index, self._back_from(index, stride))),
            energy_j=energy_j,
        )

    def _failure(self, part: HostPart, start_ns: int, end_ns: int) -> tuple[str, str] | None:
        """Code and reason of what makes a part's counter useless in a window."""
        lost = part.trace.lost
        if lost is not None and lost[0] <= end_ns:
            return "sensor_failed", f"{part.name} cannot be read any more: {lost[1]}"
        gap = part.trace.gap_between(start_ns, end_ns)
        if gap is not None:
            return "sensor_failed", f"sampling broke off during the window: {gap.reason}"
        broken = part.trace.break_between(start_ns, end_ns)
        if broken is not None:
            return "counter_reset", f"the counter of {part.name} was not followed: {broken.reason}"
        values = list(_values(part, start_ns, end_ns))
        reads, still = len(values), sum(earlier == later for earlier, later in pairwise(values))
        if self.always_moves and still > max(1.0, _MOST_STANDSTILL * reads):
            reason = f"the counter of {part.name} stood still at {still} of {reads} polls"
            return "sensor_failed", reason
        return None

    def _ends(self, part: HostPart, start_ns: int, end_ns: int) -> tuple[float, float] | str:
        """Joules of a part and 1 sigma of its ends, or what was not seen."""
        first = self._reached(part, start_ns)
        if first is None:
            return "was seen before its start"
        last = self._reached(part, end_ns)
        if last is None:
            return "was seen after its end"
        energy_j = max(last.energy_j - first.energy_j, 0.0)
        return energy_j, math.hypot(first.sigma_j, last.sigma_j)

    def _reached(self, part: HostPart, at_ns: int) -> Reached | None:
        """What a part's counter had come to at an instant."""
        rows = part.trace.rows_without_resets(at_ns - _REACH_NS, at_ns + _REACH_NS, at_ns)
        half_s = self.update_s / 2
        knots = [
            Knot((polled_ns - at_ns) / 1e9 - half_s, half_ns / 1e9 + half_s, energy_j)
            for polled_ns, half_ns, energy_j in zip(
                rows.times_ns, rows.halves_ns, rows.energies_j, strict=True
            )
            if not math.isnan(energy_j)
        ]
        return energy_at(knots, 0.0)

    def _enough(self, part: HostPart, start_ns: int, end_ns: int) -> bool:
        """Whether polls in the span have read the counter, and seen it move where it always does,
        often enough."""
        seen, last_j = 0, math.nan
        for energy_j in _values(part, start_ns, end_ns):
            if energy_j != last_j or not self.always_moves:
                seen += 1
            if seen > _POLLS_BEYOND:
                return True
            last_j = energy_j
        return False

    def _peak_w(self, start_ns: int, end_ns: int) -> float | None:
        powers = (self.power_w(index) for index in self.parts[0].trace.passes(start_ns, end_ns))
        return max((power_w for power_w in powers if not math.isnan(power_w)), default=None)

    def _back_from(self, index: int, stride: int) -> int:
        """The pass that a power is the mean from: `stride` passes or `_POWER_OVER_NS` earlier."""
        times_ns = self.parts[0].trace.times_ns
        back_to = max(index - stride, 0)
        while back_to > 0 and times_ns[index] - times_ns[back_to] < _POWER_OVER_NS:
            back_to -= 1
        return back_to

    def _mean_w(self, index: int, back_to: int) -> float:
        passed_ns = self.parts[0].trace.times_ns[index] - self.parts[0].trace.times_ns[back_to]
        if passed_ns < _POWER_OVER_NS:
            return math.nan
        return sum(part.joules(index, back_to) for part in self.parts) / (passed_ns / 1e9)

    def _empty(self, code: str, reason: str, upper_bound_j: float | None = None) -> DeviceWindow:
        reading = DeviceReading(
            uuid=HOST_ID,
            energy_j=None,
            method=self.method,
            scope=self.scope,
            mean_power_w=None,
            peak_power_w=None,
            flags=self.flags,
            reason=reason,
        )
        return DeviceWindow(reading, code, upper_bound_j)


def _values(part: HostPart, start_ns: int, end_ns: int) -> Iterator[float]:
    """What the polls in the span read that read anything."""
    energies_j = part.trace.energies_j
    for index in part.trace.passes(start_ns, end_ns):
        if not math.isnan(energies_j[index]):
            yield energies_j[index]


def _unresolved(duration_s: float, why: str) -> str:
    if duration_s < MAY_REFUSE_BELOW_S:
        return f"a window of {duration_s:.3f} s is too short: {why}"
    return f"too little was used in a window of {duration_s:.3f} s: {why}"


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
