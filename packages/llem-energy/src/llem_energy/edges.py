"""The energy counter between its updates.

A counter that is published every T shows only what had been used at its last update. Its edges are
found by polling; between two edges the curve is carried from both sides with the power of the
neighbouring plateaus:

    left(t)  = c_a + P_before (t - t_a)            right(t) = c_b - P_after (t_b - t)

With one power step inside the interval the true curve is the larger of the two where the power
rises and the smaller where it falls, and the step lies where they meet. Where the interval's own
mean power is outside the two plateaus (a burst between edges), the curve is a straight line. The
result grows with t everywhere, so no window is negative and adjacent windows add up.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median


@dataclass(frozen=True, slots=True)
class Edge:
    """An update of the counter."""

    at_ns: int
    """Middle of the span in which it happened."""
    half_width_ns: int
    energy_j: float
    """The counter from this edge on."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The counter at an instant between its edges."""

    energy_j: float
    sigma_j: float
    """1 sigma, from three things: when the edges happened (uniform within their width), what that
    does to the plateau power that is carried, and how far the two sides disagree."""


def find_edges(times_ns: Sequence[int], energies_j: Sequence[float]) -> list[Edge]:
    """Updates of a polled counter; NaN marks a poll that failed.

    An edge lies between the poll that saw it and the one before, and within one update period of
    the poll that saw it, the period being the median distance of updates.
    """
    seen: list[tuple[int, int, float]] = []
    last_ns: int | None = None
    last_j = math.nan
    for at_ns, energy_j in zip(times_ns, energies_j, strict=True):
        if math.isnan(energy_j):
            continue
        if last_ns is not None and energy_j != last_j:
            seen.append((at_ns, at_ns - last_ns, energy_j))
        last_ns, last_j = at_ns, energy_j
    period_ns = _median_distance([at_ns for at_ns, _, _ in seen])
    edges = []
    for at_ns, gap_ns, energy_j in seen:
        half_ns = (gap_ns if period_ns is None else min(gap_ns, period_ns)) // 2
        edges.append(Edge(at_ns - half_ns, half_ns, energy_j))
    return edges


def counter_at(edges: Sequence[Edge], at_ns: int) -> Carried | None:
    """The counter at `at_ns`; None where no edge lies before it or none after it."""
    after = bisect_right(edges, at_ns, key=lambda edge: edge.at_ns)
    if after in (0, len(edges)):
        return None
    left, right = edges[after - 1], edges[after]
    width_s = (right.at_ns - left.at_ns) / 1e9
    step_j = right.energy_j - left.energy_j
    own_w = step_j / width_s
    before_w = _slope_w(edges[after - 2], left) if after >= 2 else own_w
    after_w = _slope_w(right, edges[after + 1]) if after + 1 < len(edges) else own_w

    passed_s = (at_ns - left.at_ns) / 1e9
    from_left_j = before_w * passed_s
    from_right_j = step_j - after_w * (width_s - passed_s)
    if not min(before_w, after_w) <= own_w <= max(before_w, after_w):
        grown_j = own_w * passed_s
    elif after_w > before_w:
        grown_j = max(from_left_j, from_right_j)
    else:
        grown_j = min(from_left_j, from_right_j)

    half_width_s = max(left.half_width_ns, right.half_width_ns) / 1e9
    dating_s = half_width_s / math.sqrt(3)
    timing_j = max(before_w, after_w) * dating_s
    carried_j = max(before_w * passed_s, after_w * (width_s - passed_s))
    slope_j = carried_j * math.sqrt(2) * dating_s / width_s
    disagreement_j = abs(from_left_j - from_right_j) / math.sqrt(12)
    return Carried(
        energy_j=left.energy_j + min(max(grown_j, 0.0), step_j),
        sigma_j=math.hypot(timing_j, slope_j, disagreement_j),
    )


def _slope_w(first: Edge, second: Edge) -> float:
    return (second.energy_j - first.energy_j) / ((second.at_ns - first.at_ns) / 1e9)


def _median_distance(times_ns: Sequence[int]) -> int | None:
    distances = [later - earlier for earlier, later in pairwise(times_ns)]
    return int(median(distances)) if distances else None
