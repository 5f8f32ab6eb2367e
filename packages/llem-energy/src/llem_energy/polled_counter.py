"""The energy of a counter at an instant between two polls, where every poll sees another value.

    polls     a2      a1      a        t        b       b1      b2
              |-------|-------|--------+--------|-------|-------|
    from the left:   E(t) = E_a + P_left  (t - a)
    from the right:  E(t) = E_b - P_right (b - t)
    straight across: E(t) = E_a + (E_b - E_a) (t - a) / (b - a)

P is the mean power over the `LOOK_S` beside the interval. With s the standard deviation of the mean
powers of intervals as long as d = b - a, and the power changing faster than it is polled, what is
not seen adds up like a random walk:

    carried over a distance x    s sqrt(d x)
    between both polls           s sqrt(x (d - x))

Of the three the one with the smallest error is taken. Beside a quiet stretch that is the one
carried from there, which is blind to whatever happens behind t.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import pstdev

from llem_energy.tracks import Knot, slope_w

LOOK_S = 0.25
_LEAST = 3
"""Intervals that a standard deviation takes."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Energy at an instant."""

    energy_j: float
    sigma_j: float


def energy_at(knots: Sequence[Knot], at_s: float) -> Reached | None:
    """Energy at `at_s`; None without a poll on either side."""
    after = bisect_right(knots, at_s, key=lambda knot: knot.at_s)
    if after in (0, len(knots)):
        return None
    left, right = knots[after - 1], knots[after]
    before_line, after_line = _line(knots, after - 1, -1), _line(knots, after, 1)
    found = [
        side
        for knot, line in ((left, before_line), (right, after_line))
        if (side := _carried(knot, line, at_s, right.at_s - left.at_s)) is not None
    ]
    found.append(_across(left, right, [*reversed(before_line), *after_line], at_s))
    return min(found, key=lambda reached: reached.sigma_j)


def _line(knots: Sequence[Knot], index: int, direction: int) -> list[Knot]:
    """The knot and those behind it, as far as is looked."""
    first_s = knots[index].at_s
    line: list[Knot] = []
    while 0 <= index < len(knots) and abs(knots[index].at_s - first_s) <= LOOK_S:
        line.append(knots[index])
        index += direction
    return line


def _carried(knot: Knot, line: Sequence[Knot], at_s: float, width_s: float) -> Reached | None:
    if len(line) <= _LEAST:
        return None
    power_w = slope_w(line[0], line[-1])
    unseen_j = _scatter_w(line) * math.sqrt(width_s * abs(at_s - knot.at_s))
    energy_j = knot.energy_j + power_w * (at_s - knot.at_s)
    return Reached(energy_j, math.hypot(_dating_j(power_w, knot), unseen_j))


def _across(left: Knot, right: Knot, around: Sequence[Knot], at_s: float) -> Reached:
    """With too few polls around, all of the interval's energy may lie on either side."""
    power_w = slope_w(left, right)
    from_left_s, to_right_s = at_s - left.at_s, right.at_s - at_s
    scatter_w = _scatter_w(around) if len(around) > _LEAST else power_w
    unseen_j = scatter_w * math.sqrt(from_left_s * to_right_s)
    energy_j = left.energy_j + power_w * from_left_s
    return Reached(energy_j, math.hypot(_dating_j(power_w, left), unseen_j))


def _scatter_w(line: Sequence[Knot]) -> float:
    return pstdev(slope_w(first, second) for first, second in pairwise(line))


def _dating_j(power_w: float, knot: Knot) -> float:
    return abs(power_w) * knot.half_s / math.sqrt(3)
