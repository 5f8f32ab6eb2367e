"""When a sensor updated, from polls that saw it before and after.

A poll that finds another value than the one before it says that an update lies between the two:
in an interval as wide as the polls are apart. Sensors update on a steady beat, so all intervals
together say more than each alone. With n the number of a beat, f and T its phase and period,

    earliest_n <= f + n T <= latest_n        for every interval seen

is a convex region of beats; f + n T over that region dates every update far more closely than its
own interval does. Where no beat fits, the intervals are widened
in small steps until one does; beyond half an interval each update keeps its own.

The numbers have to be known for that. A value that stood still hides its updates, and how many
there were follows from the period only as long as it is known well enough: over 12 s, 119 updates
of 100.8 ms are as likely as 121 of 99.2 ms where the period is uncertain by a hundredth. Updates
beyond such a doubt share the period, but each group of them has a phase of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, floor, isnan, sqrt
from statistics import fmean, median, pstdev

_SLACKS_S = (0.0, 0.00025, 0.0005, 0.001, 0.002, 0.004)
LONGEST_PERIOD_S = 0.5
_LONGEST_BEAT = 128
"""Updates that are fitted together; more would not be dated better than the clock is read."""

_LEAST_DISTANCES = 6
"""Fewer say nothing of a period: they may be those of the load."""
_ROUNDING_S = 1e-9
_PERIOD_WITH_JITTER = 1.1
"""Updates may come later than a period after one another by this factor."""


@dataclass(frozen=True, slots=True)
class Update:
    """A change of a polled value. Seconds count from where the caller likes."""

    earliest_s: float
    latest_s: float
    value: float
    """What the sensor shows from here on."""

    @property
    def middle_s(self) -> float:
        return (self.earliest_s + self.latest_s) / 2


@dataclass(frozen=True, slots=True)
class Tick:
    """An update with its date."""

    at_s: float
    half_s: float
    """The date is uncertain by this much to either side."""
    value: float


def updates(
    times_s: Sequence[float], halves_s: Sequence[float], values: Sequence[float]
) -> list[Update]:
    """Changes of a polled value; NaN marks a poll that got none."""
    found: list[Update] = []
    before: tuple[float, float] | None = None
    for at_s, half_s, value in zip(times_s, halves_s, values, strict=True):
        if isnan(value):
            continue
        if before is not None and value != before[1]:
            found.append(Update(before[0], at_s + half_s, value))
        before = (at_s - half_s, value)
    return found


def as_latest(seen: Sequence[Update], period_s: float) -> list[Update]:
    """Updates of a sensor whose value changes with each of them.

    What is seen first after a pause in reading is the latest update, and no older than a period.
    """
    oldest_s = _PERIOD_WITH_JITTER * period_s
    return [replace(u, earliest_s=max(u.earliest_s, u.latest_s - oldest_s)) for u in seen]


@dataclass(frozen=True, slots=True)
class Beat:
    """How often a sensor updates, as far as it is known beforehand."""

    period_s: float
    half_s: float
    """The period is uncertain by this much to either side."""


@dataclass(frozen=True, slots=True)
class Dated:
    """Ticks of one sensor and the beat that they share."""

    ticks: Sequence[Tick]
    period_s: float | None
    """None where too few updates were seen close to one another."""
    period_half_s: float = 0.0
    """The period is uncertain by this much to either side."""
    spread_s: float = 0.0
    """How much wider than seen the intervals had to be taken for a beat to fit; where none does,
    the standard deviation of the distances."""
    resting_on: int = 0
    """Updates that the period rests on."""
    together: Sequence[Sequence[Tick]] = ()
    """The same ticks by whose dates are off together: those of one beat that fits, else each."""


def date(seen: Sequence[Update], known: Beat | None = None) -> Dated:
    """Ticks of the updates, dated by the beat that they share as far as they have one.

    `known`: the beat that the sensor has shown before; it is kept to as long as the updates do.
    A sensor whose value stands still shows no update; distances beyond `LONGEST_PERIOD_S` say
    nothing of its beat.
    """
    runs = _runs(seen)
    if not runs:
        return Dated((), None)
    beat = known or _beat_of(max(runs, key=len))
    parts = [part for group in _counted_groups(runs, beat) for part in _date_group(group, beat)]
    return replace(
        max(parts, key=lambda part: part.resting_on),
        ticks=[tick for part in parts for tick in part.ticks],
        together=[ticks for part in parts for ticks in part.together],
    )


def _runs(seen: Sequence[Update]) -> list[list[Update]]:
    """Updates that follow one another closely, no more than are fitted together."""
    runs: list[list[Update]] = []
    for update in seen:
        close = runs and update.middle_s - runs[-1][-1].middle_s <= LONGEST_PERIOD_S
        if close and len(runs[-1]) < _LONGEST_BEAT:
            runs[-1].append(update)
        else:
            runs.append([update])
    return runs


def _beat_of(run: Sequence[Update]) -> Beat | None:
    fitted = _on_a_beat(run, None)
    if fitted is None or fitted.period_s is None:
        return None
    return Beat(fitted.period_s, fitted.period_half_s)


@dataclass(frozen=True, slots=True)
class _Run:
    """Updates that follow one another closely, and their dates by themselves."""

    seen: Sequence[Update]
    dated: Dated


def _counted_groups(runs: Sequence[Sequence[Update]], beat: Beat | None) -> list[list[_Run]]:
    """The runs, parted where nobody can say how many updates were hidden between two of them."""
    groups: list[list[_Run]] = []
    for seen in runs:
        run = _Run(seen, _date_together(seen, beat))
        size = sum(len(other.seen) for other in groups[-1]) if groups else _LONGEST_BEAT
        if size + len(seen) <= _LONGEST_BEAT and _is_counted(groups[-1][-1], run, beat):
            groups[-1].append(run)
        else:
            groups.append([run])
    return groups


def _is_counted(earlier: _Run, later: _Run, beat: Beat | None) -> bool:
    """Whether only one number of periods fits between two runs."""
    if beat is None or beat.half_s >= beat.period_s:
        return False
    last, first = earlier.dated.ticks[-1], later.dated.ticks[0]
    distance_s, half_s = first.at_s - last.at_s, first.half_s + last.half_s
    fewest = ceil((distance_s - half_s) / (beat.period_s + beat.half_s))
    return floor((distance_s + half_s) / (beat.period_s - beat.half_s)) <= fewest


def _date_group(group: Sequence[_Run], beat: Beat | None) -> list[Dated]:
    """The runs on one beat, or each by itself where none fits."""
    if len(group) > 1:
        fitted = _on_a_beat([update for run in group for update in run.seen], beat)
        if fitted is not None:
            return [fitted]
    return [run.dated for run in group]


def _date_together(seen: Sequence[Update], known: Beat | None) -> Dated:
    for beat in (known, None) if known else (None,):
        fitted = _on_a_beat(seen, beat)
        if fitted is not None:
            return fitted
    ticks = [Tick(u.middle_s, (u.latest_s - u.earliest_s) / 2, u.value) for u in seen]
    apart = [[tick] for tick in ticks]
    distances_s = _distances_s(seen)
    if len(distances_s) < _LEAST_DISTANCES:
        period_s, half_s = (known.period_s, known.half_s) if known else (None, 0.0)
        return Dated(ticks, period_s, half_s, together=apart)
    widths_s = [update.latest_s - update.earliest_s for update in seen]
    spread_s, count = pstdev(distances_s), len(distances_s)
    half_s = median(widths_s) / count + 2 * spread_s / sqrt(count)
    return Dated(ticks, median(distances_s), half_s, spread_s, count + 1, apart)


def _on_a_beat(seen: Sequence[Update], known: Beat | None) -> Dated | None:
    """The updates on the beat that is known, or on one of their own.

    The longest beat that fits is theirs: a shorter one would have to have been missed at times.
    """
    if len(seen) < 2:
        return None
    if known is not None:
        periods_s = [known.period_s]
    else:
        distances_s = _distances_s(seen)
        if len(distances_s) < _LEAST_DISTANCES:
            return None
        periods_s = sorted({fmean(distances_s), median(distances_s)}, reverse=True)
    widest_s = min(update.latest_s - update.earliest_s for update in seen) / 2
    for slack_s in _SLACKS_S:
        if slack_s > widest_s:
            break
        for period_s in periods_s:
            fitted = _fit(seen, _numbered(seen, period_s), slack_s, known)
            if fitted is not None:
                return fitted
    return None


def _distances_s(seen: Sequence[Update]) -> list[float]:
    """Between neighbouring updates that are close enough to show a beat."""
    distances_s = [later.middle_s - earlier.middle_s for earlier, later in pairwise(seen)]
    return [distance_s for distance_s in distances_s if distance_s <= LONGEST_PERIOD_S]


def _numbered(seen: Sequence[Update], period_s: float) -> list[int]:
    """The number of each update on a beat of about this period."""
    numbers = [0]
    for earlier, later in pairwise(seen):
        steps = round((later.middle_s - earlier.middle_s) / period_s)
        numbers.append(numbers[-1] + max(1, steps))
    return numbers


def _fit(
    seen: Sequence[Update], numbers: Sequence[int], slack_s: float, known: Beat | None
) -> Dated | None:
    """Cut the region of beats down by one update after the other; None where nothing is left.

    A beat is a pair of the date of the middle number and the period. The region starts as a
    rectangle that holds every beat worth a thought.
    """
    middle = numbers[len(numbers) // 2]
    guess_s = seen[len(seen) // 2].middle_s
    period_s = (seen[-1].middle_s - seen[0].middle_s) / (numbers[-1] - numbers[0])
    span_s = period_s / 2
    if known is not None:
        period_s, span_s = known.period_s, max(known.half_s, _ROUNDING_S)
    region = [
        (guess_s + side * period_s, period_s + turn * span_s)
        for side, turn in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    for update, number in zip(seen, numbers, strict=True):
        steps = number - middle
        region = _cut(region, -1, steps, update.earliest_s - slack_s)
        region = _cut(region, 1, steps, update.latest_s + slack_s)
        if not region:
            return None
    ticks = []
    for update, number in zip(seen, numbers, strict=True):
        dates_s = [date_s + (number - middle) * period_s for date_s, period_s in region]
        earliest_s, latest_s = min(dates_s), max(dates_s)
        half_s = (latest_s - earliest_s) / 2 + slack_s
        ticks.append(Tick((earliest_s + latest_s) / 2, half_s, update.value))
    periods_s = [period_s for _, period_s in region]
    shortest_s, longest_s = min(periods_s), max(periods_s)
    half_s = (longest_s - shortest_s) / 2
    together = [[tick] for tick in ticks] if slack_s else [ticks]
    return Dated(
        ticks,
        (shortest_s + longest_s) / 2,
        half_s,
        slack_s,
        resting_on=len(ticks),
        together=together,
    )


Corner = tuple[float, float]


def _cut(region: Sequence[Corner], sign: int, steps: int, limit_s: float) -> list[Corner]:
    """The part of a convex region whose dates `steps` on are beyond (-1) or before (1) a limit."""
    over_s = [sign * (date_s + steps * period_s - limit_s) for date_s, period_s in region]
    kept: list[Corner] = []
    for index, corner in enumerate(region):
        before = index - 1
        if (over_s[before] > _ROUNDING_S) != (over_s[index] > _ROUNDING_S):
            share = over_s[before] / (over_s[before] - over_s[index])
            other = region[before]
            kept.append(
                (
                    other[0] + share * (corner[0] - other[0]),
                    other[1] + share * (corner[1] - other[1]),
                )
            )
        if over_s[index] <= _ROUNDING_S:
            kept.append(corner)
    return kept
