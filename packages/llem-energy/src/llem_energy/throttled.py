"""How long a board held its clocks back within a window (CM-34).

The driver adds up the time under each reason (`throttling.CUMULATIVE_FIELDS`). Those counters are
read with the slow state, once a second: with every look at the energy it would be twice the fields,
fifty times a second, for a figure that matters from a percent of the window on.

    states   a         b         c         d
             |----+----|---------|---+-----|
                start               end

Between two states a counter grew by h of the L that passed. Of an interval of which only a part o
lies in the window, h o / L counts; the truth is anything from h - (L - o) to the smaller of h and
o, and the largest distance to that, over both ends, is the resolution. An interval in which nothing
was held, or all of it, leaves no doubt.

Where there are no counters, the reasons that held at each state stand for half the way to its
neighbours.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeVar

from llem_energy.poll import BoardState
from llem_energy.throttling import CUMULATIVE_FIELDS, REASON_BITS, reasons_of

_EXCESS = 1.1
_EXCESS_NS = 100_000_000
"""A counter that grew by more than this beside the time that passed counts something else."""

_LONGEST_UNSEEN_NS = 1_500_000_000
"""More than this of a window without a state on its other side is not guessed at."""

T = TypeVar("T")
States = Sequence[tuple[int, BoardState]]


@dataclass(frozen=True)
class Throttled:
    """Seconds by reason; None where nobody can tell, with the reason."""

    seconds: dict[str, float] | None
    source: Literal["counters", "polled"] | None = None
    resolution_s: float | None = None
    reason: str | None = None


@dataclass
class _Sum:
    """What adds up over the intervals of one reason, in nanoseconds."""

    grown: int = 0
    held: float = 0.0
    below: float = 0.0
    above: float = 0.0
    """How much less and how much more the truth may be."""

    def add(self, grown: int, inside: int, whole: int) -> None:
        """An interval of `whole`, of which `inside` lies in the window."""
        self.grown += grown
        grown = min(grown, whole)
        held = grown * inside / whole
        self.held += held
        self.below += held - max(grown - (whole - inside), 0)
        self.above += min(grown, inside) - held


def throttled(states: States, start_ns: int, end_ns: int) -> Throttled:
    """Time under each reason from `start_ns` to `end_ns`. `states`: all of a session, in order."""
    counting = [(at, s.throttled_ns) for at, s in states if s.throttled_ns is not None]
    around = _around(counting, start_ns, end_ns)
    if _unseen_ns(around, start_ns, end_ns) <= _LONGEST_UNSEEN_NS:
        return _from_counters(around, start_ns, end_ns)
    looks = [(at, s.throttle_bits) for at, s in states if s.throttle_bits is not None]
    seen = _around(looks, start_ns, end_ns)
    if _unseen_ns(seen, start_ns, end_ns) <= _LONGEST_UNSEEN_NS:
        return _from_looks(seen, start_ns, end_ns)
    if counting or looks:
        return Throttled(None, reason="the reasons were not read on both sides of the window")
    return Throttled(None, reason="the driver tells no reasons why clocks are held back")


def _around(dated: Sequence[tuple[int, T]], start_ns: int, end_ns: int) -> list[tuple[int, T]]:
    """From the last one at the start or before to the first one at the end or after."""
    first = max(bisect_right(dated, start_ns, key=lambda one: one[0]) - 1, 0)
    last = bisect_left(dated, end_ns, key=lambda one: one[0])
    return list(dated[first : last + 1])


def _unseen_ns(around: Sequence[tuple[int, T]], start_ns: int, end_ns: int) -> float:
    """How much of the window lies outside the states around it."""
    if len(around) < 2:
        return math.inf
    return max(around[0][0] - start_ns, 0) + max(end_ns - around[-1][0], 0)


def _from_counters(
    around: Sequence[tuple[int, tuple[int | None, ...]]], start_ns: int, end_ns: int
) -> Throttled:
    sums: dict[str, _Sum] = {}
    for index, reason in enumerate(CUMULATIVE_FIELDS):
        told = [(at_ns, values[index]) for at_ns, values in around]
        if any(value is None for _, value in told):
            continue
        of_reason = sums.setdefault(reason, _Sum())
        for (from_ns, before), (to_ns, after) in pairwise(told):
            assert before is not None
            assert after is not None
            if after < before:
                return Throttled(
                    None, reason="the driver's counters of throttling fell, as after a reload"
                )
            inside_ns = max(min(to_ns, end_ns) - max(from_ns, start_ns), 0)
            of_reason.add(after - before, inside_ns, to_ns - from_ns)
    if not sums:
        return Throttled(None, reason="the counters of throttling were not read on both sides")
    passed_ns = around[-1][0] - around[0][0]
    for reason, of_reason in sums.items():
        if of_reason.grown > _EXCESS * passed_ns + _EXCESS_NS:
            return Throttled(
                None,
                reason=f"the counter of {reason} grew by {of_reason.grown / 1e9:.3g} s in "
                f"{passed_ns / 1e9:.3g} s",
            )
    unseen_ns = _unseen_ns(around, start_ns, end_ns)
    doubt_ns = max(max(of_reason.below, of_reason.above) for of_reason in sums.values())
    return Throttled(
        {reason: of_reason.held / 1e9 for reason, of_reason in sums.items()},
        "counters",
        (doubt_ns + unseen_ns) / 1e9,
    )


def _from_looks(seen: Sequence[tuple[int, int]], start_ns: int, end_ns: int) -> Throttled:
    seconds = dict.fromkeys(REASON_BITS, 0.0)
    longest_ns = 0
    for (from_ns, before), (to_ns, after) in pairwise(seen):
        middle_ns = (from_ns + to_ns) // 2
        longest_ns = max(longest_ns, to_ns - from_ns)
        for bits, left_ns, right_ns in ((before, from_ns, middle_ns), (after, middle_ns, to_ns)):
            inside_ns = max(min(right_ns, end_ns) - max(left_ns, start_ns), 0)
            for reason in reasons_of(bits):
                seconds[reason] += inside_ns / 1e9
    return Throttled(seconds, "polled", longest_ns / 1e9)
