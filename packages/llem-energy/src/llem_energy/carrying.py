"""The energy of a curve at an instant between two of its knots.

    knots     a2      a1      a        t        b       b1      b2
              |-------|-------|--------+--------|-------|-------|
    from the left:   E(t) = E_a + P_left  (t - a)
    from the right:  E(t) = E_b - P_right (b - t)
    straight across: E(t) = E_a + (E_b - E_a) (t - a) / (b - a)

P is the power of the plateau beside the interval: as many neighbouring intervals as agree with the
nearest one. An instant is carried to from outside its window where the power is steady there,
which is blind to whatever the window's own load does (the bracket); from inside where that is
steadier; straight across where neither side is.

With a single step of power somewhere in the interval the true curve is the larger of the two
carried ones where the power rises, and the smaller where it falls. Where neither side was quiet
and they say that the step was on the other side of t than assumed, by more than their errors, the
other one is taken.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, pstdev

from llem_energy.tracks import Knot, Track, slope_w

LOOK_S = 1.0
"""How far a plateau is followed."""
_LEAST_STEADY = 3
"""Intervals that make a plateau."""
_QUIET_S = 0.25
"""A plateau that begins an update after the window's end must last this long to be its quiet."""
_TOLERANCE = 0.01
_TOLERANCE_W = 0.5
_RIPPLE = 0.04
"""1 sigma, as a share of the plateau's power, of what moves within an update period and cannot be
seen: the mean of half an interval differs by that from the mean of all of it."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Energy at an instant."""

    energy_j: float
    sigma_j: float
    outside: bool
    """Carried from a steady power outside the window."""
    power_w: float
    """Power of the side that it was carried from."""


@dataclass(frozen=True, slots=True)
class _Side:
    """What one side says of the energy at the instant."""

    energy_j: float
    sigma_j: float
    power_w: float
    steady: bool


def carry(track: Track, at_s: float, *, window_is_right: bool) -> Carried | None:
    """Energy at `at_s`; None where no knot lies before it or none after it.

    `window_is_right`: the instant is a window's start, so that its left is outside.
    """
    knots = track.knots
    after = bisect_right(knots, at_s, key=lambda knot: knot.at_s)
    if after in (0, len(knots)):
        return None
    left = _from(track, after - 1, at_s, -1)
    inside_w = None if window_is_right else left.power_w
    right = _from(track, after, at_s, +1, inside_w=inside_w)
    across = _across(knots[after - 1], knots[after], at_s, left, right)
    outer, inner = (left, right) if window_is_right else (right, left)
    chosen, other = _preferred(outer, inner)
    if not outer.steady and across.sigma_j < chosen.sigma_j:
        chosen, other = across, across
    if not outer.steady and _stepped_beyond(chosen, other, left, right, across):
        chosen = other
    return Carried(
        energy_j=chosen.energy_j,
        sigma_j=math.hypot(chosen.sigma_j, _unplaced_j(outer, inner, across)),
        outside=chosen is outer and outer.steady,
        power_w=chosen.power_w,
    )


def _unplaced_j(outer: _Side, inner: _Side, across: _Side) -> float:
    """1 sigma of a burst within the interval that may lie on either side of the instant.

    It shows where the interval's own power is beyond that of the steady spells on both sides.
    """
    low_w, high_w = sorted((outer.power_w, inner.power_w))
    spare_w = max(_TOLERANCE * high_w, _TOLERANCE_W)
    if not (outer.steady and inner.steady) or (
        low_w - spare_w <= across.power_w <= high_w + spare_w
    ):
        return 0.0
    return abs(outer.energy_j - inner.energy_j) / math.sqrt(3)


def _stepped_beyond(chosen: _Side, other: _Side, left: _Side, right: _Side, across: _Side) -> bool:
    """Whether the two sides say that the power stepped between the instant and the chosen knot."""
    low_w, high_w = sorted((left.power_w, right.power_w))
    if not other.steady or not low_w <= across.power_w <= high_w:
        return False
    margin_j = 2 * math.hypot(chosen.sigma_j, other.sigma_j)
    further_j = other.energy_j - chosen.energy_j
    return further_j > margin_j if right.power_w > left.power_w else further_j < -margin_j


def _preferred(outer: _Side, inner: _Side) -> tuple[_Side, _Side]:
    """The side to carry from, and the other one."""
    if outer.steady or outer.sigma_j <= inner.sigma_j:
        return outer, inner
    return inner, outer


def _from(
    track: Track, index: int, at_s: float, direction: int, *, inside_w: float | None = None
) -> _Side:
    """Carry from the knot `index`.

    `inside_w`: the power of a window that ends at the instant. Where a quiet spell begins only at
    the knot behind, the interval between may hold load that a lagging sensor tells late, as long
    as its power lies between that of the window and that of the quiet. It is then taken for the
    window's, with what it holds above the quiet as an error.
    """
    plateau = _plateau(track, index, direction)
    doubt_j = 0.0
    if inside_w is not None and not plateau.steady and index + 1 < len(track.knots):
        later = _plateau(track, index + 1, direction)
        between_w = slope_w(track.knots[index], track.knots[index + 1])
        low_w, high_w = sorted((inside_w, later.power_w))
        quiet = later.steady and later.count * track.period_s >= _QUIET_S
        if quiet and low_w <= between_w <= high_w:
            plateau = later
            doubt_j = abs(between_w - later.power_w) * track.period_s / math.sqrt(3)
    knot = plateau.knot
    away_s = abs(at_s - knot.at_s)
    sigma_j = math.hypot(
        plateau.power_w * knot.half_s / math.sqrt(3),
        away_s * plateau.sigma_w,
        away_s * plateau.spread_w,
        _RIPPLE * plateau.power_w * min(away_s, track.period_s / 2),
        doubt_j,
    )
    return _Side(
        energy_j=knot.energy_j + plateau.power_w * (at_s - knot.at_s),
        sigma_j=sigma_j,
        power_w=plateau.power_w,
        steady=plateau.steady,
    )


@dataclass(frozen=True, slots=True)
class _Plateau:
    knot: Knot
    """Where it begins, seen from the instant."""
    power_w: float
    sigma_w: float
    """1 sigma of its mean, from the dates of its ends."""
    spread_w: float
    """Standard deviation of the intervals looked at."""
    steady: bool
    count: int


def _plateau(track: Track, index: int, direction: int) -> _Plateau:
    """The neighbouring intervals that agree with the nearest, or all of them where too few do."""
    knots = track.knots
    line = _line(knots, index, direction)
    powers = [slope_w(a, b) for a, b in pairwise(line)]
    if not powers:
        inner = knots[index - direction]
        power_w = slope_w(inner, knots[index])
        return _Plateau(knots[index], power_w, 0.0, abs(power_w), False, 0)
    run = _steady_run(line, powers, track.noise_w)
    steady = len(run) >= _LEAST_STEADY
    members = run if steady else powers[:5]
    end = line[len(members)]
    dating_s = math.hypot(line[0].half_s, end.half_s) / math.sqrt(3)
    power_w = slope_w(line[0], end)
    return _Plateau(
        knot=line[0],
        power_w=max(power_w, 0.0),
        sigma_w=abs(power_w) * dating_s / abs(end.at_s - line[0].at_s),
        spread_w=pstdev(members) / (math.sqrt(len(members)) if steady else 1.0),
        steady=steady,
        count=len(run),
    )


def _line(knots: Sequence[Knot], index: int, direction: int) -> list[Knot]:
    """The knot and those behind it, as far as a plateau is followed."""
    line: list[Knot] = []
    while 0 <= index < len(knots):
        if line and abs(knots[index].at_s - line[0].at_s) > LOOK_S + 1e-6:
            break
        line.append(knots[index])
        index += direction
    return line


def _steady_run(line: Sequence[Knot], powers: Sequence[float], noise_w: float) -> list[float]:
    run = [powers[0]]
    for (first, second), power_w in zip(pairwise(line[1:]), powers[1:], strict=True):
        mean_w = fmean(run)
        width_s = abs(second.at_s - first.at_s)
        dating_w = mean_w * math.hypot(first.half_s, second.half_s) / width_s
        if abs(power_w - mean_w) > 2 * dating_w + max(
            _TOLERANCE * mean_w, _TOLERANCE_W, 3 * noise_w
        ):
            break
        run.append(power_w)
    return run


def _across(a: Knot, b: Knot, at_s: float, left: _Side, right: _Side) -> _Side:
    """A straight line between the knots."""
    width_s = b.at_s - a.at_s
    share = (at_s - a.at_s) / width_s
    power_w = slope_w(a, b)
    away_s = width_s * math.sqrt(max(share * (1 - share), 0.0))
    apart_w = max(abs(power_w - left.power_w), abs(power_w - right.power_w), _RIPPLE * power_w)
    dating_j = power_w * max(a.half_s, b.half_s) / math.sqrt(3)
    return _Side(
        energy_j=a.energy_j + share * (b.energy_j - a.energy_j),
        sigma_j=math.hypot(dating_j, away_s * apart_w),
        power_w=power_w,
        steady=False,
    )
