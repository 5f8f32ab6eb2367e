"""The one-second average of the driver, undone.

With A the mean over the last W = 1 s, E(t) = E(t - W) + W A(t): from a stretch of W in which the
power was steady on, the curve of energy is known at every update, however the power moved.
"""

import math
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
    energies_j = [powers_w[anchor] * series.period_s * (i - anchor) for i in range(anchor + 1)]
    back = AVERAGING_S / series.period_s
    for index in range(anchor + 1, len(powers_w)):
        energies_j.append(_at(energies_j, index - back) + AVERAGING_S * powers_w[index])
    slopes = [(b - a) / series.period_s for a, b in pairwise(powers_w[anchor:])]
    slope = math.sqrt(fmean(s**2 for s in slopes)) if slopes else 0.0
    misdated_s = series.half_s / math.sqrt(3)
    if abs(back - steps) > _SNAP:
        misdated_s = math.hypot(misdated_s, series.period_s / 4)
    noise_j = AVERAGING_S * math.hypot(rough_w * math.sqrt(2), slope * misdated_s)
    return Track(
        [
            Knot(series.time_s(i), series.half_s, energies_j[i])
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
    if series is None or series.time_s(0) > 0 or series.time_s(len(series.powers_w) - 1) < until_s:
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
    """The average at every beat, also where it stood still."""

    first_s: float
    period_s: float
    half_s: float
    powers_w: Sequence[float]

    @property
    def steps(self) -> int:
        """Updates in an averaging time."""
        return max(1, round(AVERAGING_S / self.period_s))

    def time_s(self, index: int) -> float:
        return self.first_s + index * self.period_s

    def between(self, start_s: float, end_s: float) -> list[tuple[float, float]]:
        """Points of the curve, those of the ends between their neighbours."""
        inside = [
            (self.time_s(i), power_w)
            for i, power_w in enumerate(self.powers_w)
            if start_s < self.time_s(i) < end_s
        ]
        ends = [
            (at_s, _at(self.powers_w, (at_s - self.first_s) / self.period_s))
            for at_s in (start_s, end_s)
        ]
        return [ends[0], *inside, ends[1]]


def _series(rows: Rows, origin_ns: int, beat: Beat | None) -> _Series | None:
    times_s = seconds(rows.times_ns, origin_ns)
    read = [(t, v) for t, v in zip(times_s, rows.averages_w, strict=True) if not math.isnan(v)]
    if not read:
        return None
    dated = dates_of(rows, rows.averages_w, origin_ns, beat)
    ticks, period_s = dated.ticks, dated.period_s or USUAL_PERIOD_S
    middle_s = ticks[len(ticks) // 2].at_s if ticks else read[0][0]
    low = -int((middle_s - read[0][0]) / period_s)
    high = int((read[-1][0] - middle_s) / period_s)
    changes = {round((tick.at_s - middle_s) / period_s): tick.value for tick in ticks}
    powers_w: list[float] = []
    power_w = read[0][1]
    for number in range(low, high + 1):
        power_w = changes.get(number, power_w)
        powers_w.append(power_w)
    half_s = fmean(tick.half_s for tick in ticks) if ticks else 0.0
    return _Series(middle_s + low * period_s, period_s, half_s, powers_w)


def _at(values: Sequence[float], index: float) -> float:
    """A value between two, snapped to one that is close; the first is carried backwards."""
    nearest = round(index)
    if abs(index - nearest) <= _SNAP:
        return values[min(max(nearest, 0), len(values) - 1)]
    low = min(max(math.floor(index), 0), len(values) - 2)
    share = index - low
    return values[low] + share * (values[low + 1] - values[low])


def _steadiest(series: _Series) -> int:
    """End of the stretch of an averaging time, closed by the window's start, that moved least.

    Of stretches that moved alike the latest is taken.
    """
    steps = series.steps
    before = int(-series.first_s / series.period_s)
    last = min(max(before, steps), len(series.powers_w) - 1)
    best, least_w = steps, math.inf
    for end in range(steps, last + 1):
        moved_w = pstdev(series.powers_w[end - steps : end + 1])
        if moved_w <= least_w + 1e-9:
            best, least_w = end, moved_w
    return best
