"""The one-second average of the driver, undone.

With A the mean over the last W = 1 s, E(t) = E(t - W) + W A(t): from a stretch of W in which the
power was steady on, the curve of energy is known at every update, however the power moved.

What is taken for W is the time between the two updates by their dates, not a number of updates: a
period that is off by a hundredth would else be a hundredth of all energy.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, pstdev

from llem_energy.rows import Rows
from llem_energy.ticks import Beat
from llem_energy.tracks import AVERAGING_S, USUAL_PERIOD_S, Knot, Track, dates_of, seconds

_QUIET = 0.02
_QUIET_W = 1.0
_SNAP = 0.1
"""An averaging time is taken as whole updates if it is off by no more than this share of one."""


def average_track(rows: Rows, origin_ns: int, beat: Beat | None = None) -> Track:
    """The curve from the stretch before the window on in which the average moved least.

    Its errors: what the average moved there, and where an update's date is off by d, the average's
    slope times d; both once for every second gone by, at random.
    """
    series = _series(rows, origin_ns, beat)
    if series is None or len(series.powers_w) <= series.steps:
        return Track((), USUAL_PERIOD_S)
    powers_w, steps = series.powers_w, series.steps
    anchor = _steadiest(series)
    rough_w = pstdev(powers_w[anchor - steps : anchor + 1])
    energies_j, blurred = _undone(series, anchor)
    slopes = series.slopes(anchor)
    slope = math.sqrt(fmean(s**2 for s in slopes)) if slopes else 0.0
    misdated_s = series.half_s / math.sqrt(3)
    if blurred:
        misdated_s = math.hypot(misdated_s, series.period_s / 4)
    noise_j = AVERAGING_S * math.hypot(rough_w * math.sqrt(2), slope * misdated_s)
    return Track(
        [
            Knot(series.times_s[i], series.half_s, energies_j[i])
            for i in range(anchor - steps, len(powers_w))
        ],
        series.period_s,
        noise_j=noise_j,
        scatter_w=noise_j * math.sqrt(2) / series.period_s,
    )


def average_between_quiet_sides(
    track: Track, rows: Rows, origin_ns: int, end_s: float, beat: Beat | None = None
) -> tuple[float, float] | None:
    """Energy of the window by the plain integral of the average, with 1 sigma of its noise.

    From a steady power to a steady power, half an averaging time of each of the two apart,

        integral of A = E + W/2 (power before) - W/2 (power after)

    None where a side was not quiet. Noise: that of the readings, and what straight lines between
    them cut off (their second differences over 12).
    """
    before_w = track.powers_w(-AVERAGING_S - track.period_s, 0.0)
    after_w = track.powers_w(end_s + track.period_s, end_s + 2 * AVERAGING_S + track.period_s)
    if len(before_w) * track.period_s < AVERAGING_S / 2 or not after_w:
        return None
    for side in (before_w, after_w):
        if max(side) - min(side) > max(_QUIET * fmean(side), _QUIET_W):
            return None
    series = _series(rows, origin_ns, beat)
    until_s = end_s + AVERAGING_S + 2 * track.period_s
    if series is None or series.times_s[0] > 0 or series.times_s[-1] < until_s:
        return None
    left_w, right_w = fmean(before_w), fmean(after_w)
    span = series.between(0.0, until_s)
    integral_j = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(span))
    inside_j = integral_j + AVERAGING_S * (right_w - left_w) / 2
    bends = [a[1] - 2 * b[1] + c[1] for a, b, c in zip(span, span[1:], span[2:], strict=False)]
    cut_j = track.period_s / 12 * math.hypot(*bends)
    noise_j = math.hypot(track.noise_j * math.sqrt(until_s * track.period_s), cut_j)
    return max(inside_j - right_w * (until_s - end_s), 0.0), noise_j


@dataclass(frozen=True, slots=True)
class _Series:
    """The average at every update, also where it stood still."""

    times_s: Sequence[float]
    powers_w: Sequence[float]
    period_s: float
    half_s: float

    @property
    def steps(self) -> int:
        """Updates in an averaging time."""
        return max(1, round(AVERAGING_S / self.period_s))

    def slopes(self, first: int) -> list[float]:
        """Watts per second from one update to the next, from the update `first` on."""
        points = zip(self.times_s[first:], self.powers_w[first:], strict=True)
        return [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(points)]

    def between(self, start_s: float, end_s: float) -> list[tuple[float, float]]:
        """Points of the curve, those of the ends between their neighbours."""
        points = zip(self.times_s, self.powers_w, strict=True)
        inside = [(at_s, power_w) for at_s, power_w in points if start_s < at_s < end_s]
        first, last = ((at_s, _at(self.times_s, self.powers_w, at_s)) for at_s in (start_s, end_s))
        return [first, *inside, last]


def _series(rows: Rows, origin_ns: int, beat: Beat | None) -> _Series | None:
    """Where the average stood still its updates are spread evenly."""
    times_s = seconds(rows.times_ns, origin_ns)
    read = [(t, v) for t, v in zip(times_s, rows.averages_w, strict=True) if not math.isnan(v)]
    if not read:
        return None
    dated = dates_of(rows, rows.averages_w, origin_ns, beat)
    ticks, period_s = dated.ticks, dated.period_s or USUAL_PERIOD_S
    (first_s, power_w), last_s = read[0], read[-1][0]
    start_s = ticks[0].at_s if ticks else first_s
    hidden = int((start_s - first_s) / period_s)
    at_updates_s = [start_s - (hidden - index) * period_s for index in range(hidden)]
    powers_w = [power_w] * hidden
    if not ticks:
        at_updates_s, powers_w = [start_s], [power_w]
    for tick in ticks:
        if at_updates_s:
            _stand_still(at_updates_s, powers_w, tick.at_s, period_s)
        at_updates_s.append(tick.at_s)
        powers_w.append(tick.value)
    more = int((last_s - at_updates_s[-1]) / period_s)
    at_updates_s += [at_updates_s[-1] + (index + 1) * period_s for index in range(more)]
    powers_w += [powers_w[-1]] * more
    half_s = fmean(tick.half_s for tick in ticks) if ticks else 0.0
    return _Series(at_updates_s, powers_w, period_s, half_s)


def _stand_still(
    times_s: list[float], powers_w: list[float], until_s: float, period_s: float
) -> None:
    """Add the updates that a value which stood still has hidden before the next one."""
    from_s, power_w = times_s[-1], powers_w[-1]
    steps = round((until_s - from_s) / period_s)
    times_s += [from_s + (until_s - from_s) * step / steps for step in range(1, steps)]
    powers_w += [power_w] * max(steps - 1, 0)


def _undone(series: _Series, anchor: int) -> tuple[list[float], bool]:
    """Energy at every update, counted from `anchor`, which ends a steady stretch.

    Second: whether it had to be taken from between two updates where the power changed.
    """
    times_s, powers_w = series.times_s, series.powers_w
    energies_j = [powers_w[anchor] * (at_s - times_s[anchor]) for at_s in times_s[: anchor + 1]]
    blurred = False
    for index in range(anchor + 1, len(times_s)):
        back_s = times_s[index] - AVERAGING_S
        after = min(max(bisect_right(times_s, back_s), 1), index - 1)
        nearest = min((after - 1, after), key=lambda near: abs(times_s[near] - back_s))
        if abs(times_s[nearest] - back_s) <= _SNAP * series.period_s:
            passed_s = times_s[index] - times_s[nearest]
            energies_j.append(energies_j[nearest] + passed_s * powers_w[index])
            continue
        energies_j.append(_at(times_s, energies_j, back_s) + AVERAGING_S * powers_w[index])
        blurred = blurred or _bends(times_s, energies_j, after)
    return energies_j, blurred


def _bends(times_s: Sequence[float], energies_j: Sequence[float], after: int) -> bool:
    """Whether the power around the interval that ends with the update `after` changed."""
    around = range(max(after - 2, 0), min(after + 2, len(energies_j)))
    powers_w = [
        (energies_j[b] - energies_j[a]) / (times_s[b] - times_s[a]) for a, b in pairwise(around)
    ]
    return max(powers_w) - min(powers_w) > max(_QUIET * fmean(powers_w), _QUIET_W)


def _at(times_s: Sequence[float], values: Sequence[float], at_s: float) -> float:
    """A value between two that are known; beyond the first and the last, on their line."""
    after = min(max(bisect_right(times_s, at_s), 1), len(values) - 1)
    before = after - 1
    share = (at_s - times_s[before]) / (times_s[after] - times_s[before])
    return values[before] + share * (values[after] - values[before])


def _steadiest(series: _Series) -> int:
    """End of the stretch of an averaging time, closed by the window's start, that moved least.

    Of stretches that moved alike the latest is taken.
    """
    steps = series.steps
    before = bisect_right(series.times_s, 0.0) - 1
    last = min(max(before, steps), len(series.powers_w) - 1)
    best, least_w = steps, math.inf
    for end in range(steps, last + 1):
        moved_w = pstdev(series.powers_w[end - steps : end + 1])
        if moved_w <= least_w + 1e-9:
            best, least_w = end, moved_w
    return best
