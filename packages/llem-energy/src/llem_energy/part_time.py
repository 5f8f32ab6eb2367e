"""Whether a sensor sees all of the power, or samples that see a part of the time.

A100 and H100 publish every 100 ms the mean of 25 ms (arXiv 2312.02741); whether their counter and
their one-second average are made of the same samples is not documented. Where they are made of
more, it shows under a changing load: what the counter grew by, or the average, is then another
figure than the samples of the same time add up to.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from llem_energy.rows import Rows
from llem_energy.tracks import AVERAGING_S, Knot, Track, slope_w

_FULL_TIME = frozenset({(7, 5), (8, 6), (8, 9)})
"""Compute capability of parts whose sensor was seen to average over all of its period
(arXiv 2312.02741). Others, and those that are newer than that work, are not taken to."""
_DIFFERS = 0.03
_LEAST_TIMES = 3
"""So often a sensor must differ from the samples by more than `_DIFFERS`."""


def may_be_part_time(compute_capability: tuple[int, int] | None) -> bool:
    """What is known of a part before anything is measured."""
    return compute_capability not in _FULL_TIME


def counter_sees_more(rows: Rows, counter: Track) -> bool:
    """Whether these polls show that the counter is more than the sum of the samples."""
    seen: list[tuple[float, float]] = []
    for (first, second), instant_w in zip(
        pairwise(counter.knots), _at_changes(rows.energies_j, rows.instants_w)[1:], strict=False
    ):
        power_w = slope_w(first, second)
        dating_w = power_w * (first.half_s + second.half_s) / (second.at_s - first.at_s)
        seen.append((max(abs(power_w - instant_w) - dating_w, 0.0), power_w))
    return _differ(seen)


def average_sees_more(rows: Rows, instant: Track, origin_ns: int) -> bool:
    """Whether these polls show that the one-second average is more than the mean of the samples."""
    knots = instant.knots
    seen: list[tuple[float, float]] = []
    first = 0
    polls = zip(rows.times_ns, rows.averages_w, strict=True)
    last_w = math.nan
    for at_ns, average_w in polls:
        if math.isnan(average_w) or average_w == last_w:
            continue
        last_w, at_s = average_w, (at_ns - origin_ns) / 1e9
        while first + 1 < len(knots) and knots[first + 1].at_s <= at_s - AVERAGING_S:
            first += 1
        means_w = _means_ending_by(knots, first, at_s, instant.period_s)
        if means_w:
            apart_w = min(abs(average_w - mean_w) for mean_w in means_w)
            seen.append((apart_w, average_w))
    return _differ(seen)


def _means_ending_by(
    knots: Sequence[Knot], first: int, at_s: float, period_s: float
) -> list[float]:
    """Means of the samples over an averaging time that ended within the last two updates."""
    steps = round(AVERAGING_S / period_s)
    found: list[float] = []
    for start in range(max(first - 1, 0), len(knots) - steps):
        begin, end = knots[start], knots[start + steps]
        if end.at_s > at_s + period_s / 2:
            break
        found.append(slope_w(begin, end))
    return found


def _at_changes(values: Sequence[float], others: Sequence[float]) -> list[float]:
    """Of each poll that saw the value change, what else it read."""
    found: list[float] = []
    last = math.nan
    for value, other in zip(values, others, strict=True):
        if math.isnan(value):
            continue
        if not math.isnan(last) and value != last:
            found.append(other)
        last = value
    return found


def _differ(seen: Sequence[tuple[float, float]]) -> bool:
    """Whether pairs of a distance and a power show a difference often enough."""
    return sum(apart_w > _DIFFERS * power_w for apart_w, power_w in seen) >= _LEAST_TIMES
