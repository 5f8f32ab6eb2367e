"""Joules of a window from a sensor's curve around it. Pure: tracks in, estimate out.

Every window begins at 0 s on its tracks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean

from llem_energy.averages import average_between_quiet_sides, average_track
from llem_energy.budget import GAIN, gain_term_j
from llem_energy.carrying import Carried, carry
from llem_energy.interruptions import unread_j
from llem_energy.rows import Rows
from llem_energy.ticks import Beat
from llem_energy.tracks import (
    AVERAGING_S,
    LONGEST_GAP_S,
    Track,
)

COUNTER_BRACKETED = "counter_bracketed"
COUNTER_EDGES = "counter_edges"
POWER_INSTANT = "power_instant"
POWER_AVERAGE = "power_average"

SAMPLING = "sampling"
"""Term of what a sensor that sees a part of the time may have missed."""

_LAG = 1 / (2 * math.sqrt(3))
"""1 sigma of how old the news of an update is, as a share of the update period: nobody documents
it, so it is taken to be anything up to half a period."""
_ISOLATED = 0.25
"""A step of power stands alone where its neighbours are less than this share of it."""


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
    part_time: bool = False
    """Its sensor may see a part of the time only."""

    @property
    def sigma_j(self) -> float:
        """1 sigma of everything but the gain."""
        return math.hypot(*(sigma for name, sigma in self.terms.items() if name != GAIN))

    @property
    def resolved(self) -> bool:
        """Whether the energy exceeds its own error (k = 2) apart from gain."""
        return self.energy_j is not None and self.energy_j > 2 * self.sigma_j


def from_counter(track: Track, end_s: float, *, part_time: bool) -> Estimate:
    """The counter carried to both ends of a window that ends at `end_s`.

    `counter_bracketed` where both ends are carried from a steady power outside, `counter_edges`
    where one is not. `part_time`: the counter may sum samples that see a part of the time.
    """
    carried = _both_ends(track, end_s)
    if isinstance(carried, str):
        return Estimate(COUNTER_EDGES, None, reason=f"no update of the energy counter {carried}")
    first, last = carried
    energy_j = max(last.energy_j - first.energy_j, 0.0)
    terms = {
        GAIN: gain_term_j(energy_j, end_s),
        "edges": math.hypot(first.sigma_j, last.sigma_j),
        "lag": _lag_j(track, first, last),
        "noise": noise_j(track, end_s),
    }
    if part_time:
        terms[SAMPLING] = sampling_j(track, 0.0, end_s)
    return Estimate(
        COUNTER_BRACKETED if first.outside and last.outside else COUNTER_EDGES,
        energy_j,
        terms,
        upper_bound_j=_enclosing_j(track, end_s),
        part_time=part_time,
    )


def from_instant(
    track: Track, rows: Rows, start_ns: int, end_ns: int, *, part_time: bool
) -> Estimate:
    """Integral of the power of the moment, carried to the ends like a counter.

    `rows`: the polls that the track was made of.
    """
    end_s = (end_ns - start_ns) / 1e9
    problem = _uncovered(rows.times_ns, rows.instants_w, start_ns, end_ns)
    carried = problem or _both_ends(track, end_s)
    if isinstance(carried, str):
        return Estimate(POWER_INSTANT, None, reason=problem or f"no power reading {carried}")
    first, last = carried
    energy_j = max(last.energy_j - first.energy_j, 0.0)
    terms = {
        GAIN: gain_term_j(energy_j, end_s),
        "edges": math.hypot(first.sigma_j, last.sigma_j),
        "lag": _lag_j(track, first, last),
        "noise": noise_j(track, end_s),
        "period": track.period_share * energy_j,
        "dating": track.dating_j(0.0, end_s + track.period_s),
    }
    unknown_j = unread_j(rows.times_ns, rows.instants_w, start_ns, end_ns)
    if unknown_j:
        terms["unread"] = unknown_j
    if part_time:
        terms[SAMPLING] = sampling_j(track, 0.0, end_s)
    return Estimate(
        POWER_INSTANT,
        energy_j,
        terms,
        upper_bound_j=_enclosing_j(track, end_s),
        part_time=part_time,
    )


def from_average(
    rows: Rows, start_ns: int, end_ns: int, *, part_time: bool, beat: Beat | None = None
) -> Estimate:
    """The one-second average undone, carried to the ends like a counter (see `average_track`).

    Where the power was steady for a second on both sides, the plain integral of the average from
    the one to the other is taken instead if it adds up less error. `part_time`: the average may be
    that of samples that see a part of the time.
    """
    end_s = (end_ns - start_ns) / 1e9
    problem = _uncovered(rows.times_ns, rows.averages_w, start_ns, end_ns + int(AVERAGING_S * 1e9))
    track = average_track(rows, start_ns, beat)
    carried = problem or _both_ends(track, end_s)
    if isinstance(carried, str):
        return Estimate(POWER_AVERAGE, None, reason=problem or f"no power reading {carried}")
    first, last = carried
    energy_j = max(last.energy_j - first.energy_j, 0.0)
    undoing_j = track.undoing_j(end_s)
    quiet = average_between_quiet_sides(track, rows, start_ns, end_s, beat)
    if quiet is not None and quiet[1] < undoing_j:
        energy_j, undoing_j = quiet
    terms = {
        GAIN: gain_term_j(energy_j, end_s),
        "edges": math.hypot(first.sigma_j, last.sigma_j),
        "lag": _lag_j(track, first, last),
        "undoing": undoing_j,
    }
    if part_time:
        terms[SAMPLING] = sampling_j(track, 0.0, end_s)
    return Estimate(
        POWER_AVERAGE,
        energy_j,
        terms,
        upper_bound_j=_enclosing_j(track, end_s),
        part_time=part_time,
    )


def sampling_j(track: Track, start_s: float, end_s: float) -> float:
    """1 sigma of what a sensor that sees a part of each update period T misses.

    A step of power that stands alone falls anywhere into its period, which is then taken for its
    sample: uniform within half of T times the step. Powers that change all the time are samples of
    a spread sigma, and with (1/2) sum of (differences)^2 for sigma^2 per period this is the
    sigma x sqrt(T x duration) of independent samples.
    """
    powers = track.powers_w(start_s - 2.5 * track.period_s, end_s + 2.5 * track.period_s)
    steps = _steps(powers)
    total = 0.0
    for index, step in enumerate(steps):
        beside = (*steps[max(index - 1, 0) : index], *steps[index + 1 : index + 2])
        alone = all(abs(other) < _ISOLATED * abs(step) for other in beside)
        total += step**2 * (1 / 12 if alone else 1 / 2)
    return track.period_s * math.sqrt(total)


def _steps(powers: Sequence[float]) -> list[float]:
    """Differences of neighbours; two that go one way between steady powers are one step."""
    steps = [later - earlier for earlier, later in pairwise(powers)]
    merged: list[float] = []
    index = 0
    while index < len(steps):
        step = steps[index]
        if index + 1 < len(steps) and step * steps[index + 1] > 0:
            both = step + steps[index + 1]
            around = (*steps[max(index - 1, 0) : index], *steps[index + 2 : index + 3])
            if all(abs(other) < _ISOLATED * abs(both) for other in around):
                merged += [both, 0.0]
                index += 2
                continue
        merged.append(step)
        index += 1
    return merged


def _both_ends(track: Track, end_s: float) -> tuple[Carried, Carried] | str:
    """The energy at both ends, or what was not seen of them."""
    first = carry(track, 0.0, window_is_right=True)
    if first is None:
        return "was seen before its start"
    last = carry(track, end_s, window_is_right=False)
    if last is None:
        return "was seen after its end"
    return first, last


def noise_j(track: Track, end_s: float) -> float:
    """1 sigma of what the noise of single updates adds up to over the window: that of one, times
    the square root of the update period and of the length."""
    return track.noise_w * math.sqrt(track.period_s * end_s)


def _lag_j(track: Track, first: Carried, last: Carried) -> float:
    """A sensor that is late by D tells at either end what was used D earlier. Carried with the
    powers P of the two sides, that is P D less at each: D times their difference in all."""
    return _LAG * track.period_s * abs(last.power_w - first.power_w)


def _enclosing_j(track: Track, end_s: float) -> float | None:
    """Energy between the knots around the window, and the gain's error of it."""
    before = [knot for knot in track.knots if knot.at_s + knot.half_s <= 0][-1:]
    after = [knot for knot in track.knots if knot.at_s - knot.half_s >= end_s][:2]
    if not before or not after:
        return None
    enclosing_j = after[-1].energy_j - before[0].energy_j
    return enclosing_j + 2 * gain_term_j(enclosing_j, after[-1].at_s - before[0].at_s)


def _uncovered(
    times_ns: Sequence[int], values: Sequence[float], start_ns: int, end_ns: int
) -> str | None:
    """What is missing for an integral over the span."""
    read_ns = [at for at, value in zip(times_ns, values, strict=True) if not math.isnan(value)]
    if not read_ns or read_ns[-1] < end_ns:
        return "no power reading was taken at its end or later"
    inside = [start_ns, *(at for at in read_ns if start_ns < at < end_ns), end_ns]
    gap_s = max(later - earlier for earlier, later in pairwise(inside)) / 1e9
    if gap_s > LONGEST_GAP_S:
        return f"no power was read for {gap_s:.1f} s inside it"
    return None


def mean_power_w(rows: Rows, start_ns: int, end_ns: int) -> float | None:
    """Mean of the power readings inside a span; None where there is none."""
    inside = [
        average_w if math.isnan(instant_w) else instant_w
        for at_ns, instant_w, average_w in zip(
            rows.times_ns, rows.instants_w, rows.averages_w, strict=True
        )
        if start_ns <= at_ns <= end_ns
    ]
    read = [power_w for power_w in inside if not math.isnan(power_w)]
    return fmean(read) if read else None
