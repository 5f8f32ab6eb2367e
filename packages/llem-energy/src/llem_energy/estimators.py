"""Joules of a window from what was polled around it. Pure: rows in, estimate out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean, median, pstdev

from llem_energy.budget import GAIN, gain_term_j
from llem_energy.edges import Edge, counter_at, find_edges
from llem_energy.rows import Rows

COUNTER = "counter_edges"
POWER_INSTANT = "power_instant"
POWER_AVERAGE = "power_average"

AVERAGING_S = 1.0
"""Averaging time of the driver's average power (NVML reference: "average power over 1 sec")."""

_PUBLISHING_S = 0.1
"""Update period assumed for a power reading that shows none (100 ms class, arXiv 2312.02741)."""
_LONGEST_PERIOD_S = 0.5
_LONGEST_GAP_S = 1.0
"""A power integral does not bridge more than this."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Energy of one device over a window, or why there is none."""

    method: str
    energy_j: float | None
    terms: dict[str, float] = field(default_factory=dict)
    """1 sigma in joules by name; empty without energy."""
    reason: str | None = None
    upper_bound_j: float | None = None
    """What the window cannot have exceeded, where that can be told."""

    @property
    def resolved(self) -> bool:
        """Whether the energy exceeds its own error (k = 2) apart from gain."""
        if self.energy_j is None:
            return False
        squares = sum(sigma**2 for name, sigma in self.terms.items() if name != GAIN)
        return self.energy_j > 2 * math.sqrt(squares)


def counter_edges(rows: Rows, start_ns: int, end_ns: int) -> Estimate:
    """The counter carried to both ends of the window (see `edges`).

    `rows` needs to reach two counter updates beyond each end; what lies between may be left out.
    """
    edges = _without_resets(find_edges(rows.times_ns, rows.energies_j), start_ns, end_ns)
    first, last = counter_at(edges, start_ns), counter_at(edges, end_ns)
    if first is None or last is None:
        where = "before its start" if first is None else "after its end"
        return Estimate(COUNTER, None, reason=f"no update of the energy counter was seen {where}")
    energy_j = max(last.energy_j - first.energy_j, 0.0)
    duration_s = (end_ns - start_ns) / 1e9
    gain_j = gain_term_j(energy_j, duration_s)
    outside = [edge for edge in edges if edge.at_ns + edge.half_width_ns <= start_ns][-1:]
    outside += [edge for edge in edges if edge.at_ns - edge.half_width_ns >= end_ns][:1]
    bound_j = None
    if len(outside) == 2:
        enclosing_j = outside[1].energy_j - outside[0].energy_j
        bound_j = enclosing_j + 2 * gain_term_j(enclosing_j, duration_s)
    return Estimate(
        COUNTER,
        energy_j,
        {GAIN: gain_j, "edges": math.hypot(first.sigma_j, last.sigma_j)},
        upper_bound_j=bound_j,
    )


def power_instant(rows: Rows, start_ns: int, end_ns: int) -> Estimate:
    """Integral of the instantaneous power.

    Terms: `edges`, the power step across each end times the deviation of a reading's age (uniform
    within the update period), and `sampling`, sigma of the power times sqrt(period x duration).
    """
    points = _valid_power(rows)
    inside = [power for at_ns, power in points if start_ns <= at_ns <= end_ns]
    problem = _uncovered(points, start_ns, end_ns)
    if problem or not inside:
        return Estimate(POWER_INSTANT, None, reason=problem or "no power reading fell into it")
    energy_j = _integral_j(points, start_ns, end_ns)
    duration_s = (end_ns - start_ns) / 1e9
    period_s = _publishing_period_s(points)
    step_w = math.hypot(
        inside[0] - _value_at(points, start_ns - int(period_s * 1e9)),
        inside[-1] - _value_at(points, end_ns + int(period_s * 1e9)),
    )
    return Estimate(
        POWER_INSTANT,
        energy_j,
        {
            GAIN: gain_term_j(energy_j, duration_s),
            "edges": step_w * period_s / math.sqrt(3),
            "sampling": pstdev(inside) * math.sqrt(period_s * duration_s),
        },
    )


def power_average(rows: Rows, start_ns: int, end_ns: int) -> Estimate:
    """Integral of a trailing average, carried one averaging time W past the end.

    With A(t) the mean of the power over (t - W, t),

        integral of A from t0 to t1 + W  =  E + W/2 (power before t0) + W/2 (power after t1)

    where each outer power is weighted by a ramp over W; on a plateau A(t0) and A(t1 + W) are
    those powers. An instantaneous reading put in by mistake gives the right energy as well,
    where the power after the window equals that before it.
    """
    points = _valid_power(rows)
    width_ns = int(AVERAGING_S * 1e9)
    problem = _uncovered(points, start_ns, end_ns + width_ns)
    if problem:
        return Estimate(POWER_AVERAGE, None, reason=problem)
    before_w = _value_at(points, start_ns)
    after_w = _value_at(points, end_ns + width_ns)
    within_w = _value_at(points, end_ns)
    spill_j = AVERAGING_S * (before_w + after_w) / 2
    energy_j = max(_integral_j(points, start_ns, end_ns + width_ns) - spill_j, 0.0)
    duration_s = (end_ns - start_ns) / 1e9
    step_w = math.hypot(within_w - before_w, within_w - after_w)
    drift_w = math.hypot(
        before_w - _value_at(points, start_ns - width_ns),
        after_w - _value_at(points, end_ns + 2 * width_ns),
    )
    period_s = _publishing_period_s(points)
    return Estimate(
        POWER_AVERAGE,
        energy_j,
        {
            GAIN: gain_term_j(energy_j, duration_s),
            "edges": math.hypot(
                step_w * period_s / math.sqrt(3), drift_w * AVERAGING_S / math.sqrt(12)
            ),
        },
    )


def _without_resets(edges: Sequence[Edge], start_ns: int, end_ns: int) -> Sequence[Edge]:
    """The stretch of a growing counter that holds the window; empty where it fell inside."""
    low, high = 0, len(edges)
    for index in range(1, len(edges)):
        if edges[index].energy_j >= edges[index - 1].energy_j:
            continue
        if edges[index].at_ns <= start_ns:
            low = index
        elif edges[index].at_ns > end_ns:
            high = index
            break
        else:
            return ()
    return edges[low:high]


Point = tuple[int, float]


def _valid_power(rows: Rows) -> list[Point]:
    return [
        (at_ns, power)
        for at_ns, power in zip(rows.times_ns, rows.powers_w, strict=True)
        if not math.isnan(power)
    ]


def _uncovered(points: Sequence[Point], start_ns: int, end_ns: int) -> str | None:
    """What is missing for an integral over the span."""
    if not points or points[-1][0] < end_ns:
        return "no power reading was taken at its end or later"
    inside = [start_ns, *(at for at, _ in points if start_ns < at < end_ns), end_ns]
    gap_s = max(b - a for a, b in pairwise(inside)) / 1e9
    if gap_s > _LONGEST_GAP_S:
        return f"no power was read for {gap_s:.1f} s inside it"
    return None


def _integral_j(points: Sequence[Point], start_ns: int, end_ns: int) -> float:
    """Trapezoids between readings; the ends take the reading nearest to them."""
    inside = [point for point in points if start_ns < point[0] < end_ns]
    curve = [
        (start_ns, inside[0][1] if inside else _value_at(points, start_ns)),
        *inside,
        (end_ns, inside[-1][1] if inside else _value_at(points, end_ns)),
    ]
    return sum(
        (later[0] - earlier[0]) / 1e9 * (earlier[1] + later[1]) / 2
        for earlier, later in pairwise(curve)
    )


def _value_at(points: Sequence[Point], at_ns: int) -> float:
    return min(points, key=lambda point: abs(point[0] - at_ns))[1]


def _publishing_period_s(points: Sequence[Point]) -> float:
    """Median distance between changes of the reading, at least the usual period.

    A steady power shows no period: distances beyond half a second say nothing about it.
    """
    changes = [at_ns for (_, before), (at_ns, power) in pairwise(points) if power != before]
    distances_s = [(later - earlier) / 1e9 for earlier, later in pairwise(changes)]
    visible_s = [distance_s for distance_s in distances_s if distance_s <= _LONGEST_PERIOD_S]
    return max(median(visible_s), _PUBLISHING_S) if visible_s else _PUBLISHING_S


def mean_power_w(rows: Rows, start_ns: int, end_ns: int) -> float | None:
    """Mean of the power readings inside a span; None where there is none."""
    inside = [power for at_ns, power in _valid_power(rows) if start_ns <= at_ns <= end_ns]
    return fmean(inside) if inside else None
