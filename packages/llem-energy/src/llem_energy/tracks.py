"""Each sensor as a curve of energy over time that is known at its updates.

An energy counter is such a curve as it stands. A power reading becomes one by the time that each
reading speaks for. From there on all sensors are treated alike (see `carrying`).

Seconds count from the start of the window, joules from where the curve begins.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import isnan
from statistics import fmean

from llem_energy.rows import Rows
from llem_energy.ticks import LONGEST_PERIOD_S, Beat, Dated, Update, as_latest, date, updates

AVERAGING_S = 1.0
"""Averaging time of the driver's average power (NVML reference: averaged over one second)."""
USUAL_PERIOD_S = 0.1
"""Update period of a power reading that shows none: the class of all current boards
(arXiv 2312.02741)."""
LONGEST_GAP_S = 1.0
"""A power curve does not bridge more than this without a reading."""


_QUIETEST = 6
"""Updates that make a spell."""
_QUIETEST_SHARE = 2.7
"""Of 60 updates with normal scatter the quietest six scatter 0.37 times as much (simulated)."""


@dataclass(frozen=True, slots=True)
class Knot:
    """A point of the curve."""

    at_s: float
    half_s: float
    """The energy was reached within this of `at_s`."""
    energy_j: float


@dataclass(frozen=True, slots=True)
class Step:
    """A change of power."""

    at_s: float
    half_s: float
    """Its date is uncertain by this much to either side."""
    power_w: float
    """By how much."""


@dataclass(frozen=True)
class Track:
    """The curve of one sensor."""

    knots: Sequence[Knot]
    period_s: float
    """Time between updates."""
    noise_j: float = 0.0
    """1 sigma that the readings of each second add to the energy, each second anew."""

    scatter_w: float = 0.0
    """1 sigma of a single update's power that the curve brings with it."""
    period_share: float = 0.0
    """1 sigma of the period as a share of it, where readings are multiplied by it."""
    steps: Sequence[Sequence[Step]] = ()
    """Of a power that was added up: its steps, by whose dates are off together."""

    def dating_j(self, start_s: float, end_s: float) -> float:
        """1 sigma of what the steps of power within a span add to its energy by their dates.

        Steps that are off together cancel as far as they go up and down; where their period is off
        too, that is the period's error.
        """
        return math.hypot(*(_dating_j(steps, start_s, end_s) for steps in self.steps))

    def undoing_j(self, seconds: float) -> float:
        """1 sigma of a curve that was added up over so many seconds, beside its dates."""
        return self.noise_j * math.sqrt(seconds + 1)

    @cached_property
    def noise_w(self) -> float:
        """Standard deviation of a single update's power: `scatter_w`, or what the quietest spell
        shows, 2.7 times its own scatter, since the quietest of many scatters about a third as
        much as all of them do."""
        powers = self.powers_w(-math.inf, math.inf)
        quietest = min(_variances(powers), default=0.0)
        return max(self.scatter_w, _QUIETEST_SHARE * math.sqrt(quietest))

    def powers_w(self, start_s: float, end_s: float) -> list[float]:
        """Mean power between neighbouring knots that both lie in the span."""
        inside = [knot for knot in self.knots if start_s <= knot.at_s <= end_s]
        return [slope_w(first, second) for first, second in pairwise(inside)]


def _dating_j(steps: Sequence[Step], start_s: float, end_s: float) -> float:
    inside = [step.power_w * step.half_s for step in steps if start_s < step.at_s <= end_s]
    return abs(sum(inside)) / math.sqrt(3)


def _variances(powers: Sequence[float]) -> Iterator[float]:
    """Of every spell, each from the one before it, around the middle of all."""
    middle = fmean(powers) if powers else 0.0
    away = [power - middle for power in powers]
    total = sum(away[:_QUIETEST])
    squares = sum(value * value for value in away[:_QUIETEST])
    for end in range(_QUIETEST, len(away) + 1):
        yield max(squares / _QUIETEST - (total / _QUIETEST) ** 2, 0.0)
        if end < len(away):
            total += away[end] - away[end - _QUIETEST]
            squares += away[end] ** 2 - away[end - _QUIETEST] ** 2


def slope_w(first: Knot, second: Knot) -> float:
    """Mean power between two knots."""
    return (second.energy_j - first.energy_j) / (second.at_s - first.at_s)


def counter_track(rows: Rows, origin_ns: int, beat: Beat | None = None) -> Track:
    """The energy counter, at its updates."""
    seen = _updates_of(rows, rows.energies_j, origin_ns)
    dated = date(seen, beat)
    if dated.period_s is not None:
        latest = as_latest(seen, dated.period_s)
        dated = dated if latest == seen else date(latest, beat)
    knots = [Knot(tick.at_s, tick.half_s, tick.value) for tick in dated.ticks]
    return Track(knots, dated.period_s or USUAL_PERIOD_S)


def instant_track(rows: Rows, origin_ns: int, beat: Beat | None = None) -> Track:
    """The power of the moment, each reading spoken for the period that ends with its update.

    A reading that stands still has had updates all the same: there the curve is known everywhere.
    """
    times_s = seconds(rows.times_ns, origin_ns)
    read = [(t, v) for t, v in zip(times_s, rows.instants_w, strict=True) if not isnan(v)]
    if not read:
        return Track((), USUAL_PERIOD_S)
    dated = dates_of(rows, rows.instants_w, origin_ns, beat)
    period_s = dated.period_s or USUAL_PERIOD_S
    knots = [Knot(read[0][0], 0.0, 0.0)]
    power_w = read[0][1]
    end_s = read[-1][0]
    for tick in dated.ticks:
        standing_s = tick.at_s - knots[-1].at_s - period_s
        _hold(knots, power_w, standing_s, period_s)
        energy_j = knots[-1].energy_j + tick.value * (tick.at_s - knots[-1].at_s)
        knots.append(Knot(tick.at_s, tick.half_s, energy_j))
        power_w = tick.value
    _hold(knots, power_w, end_s - knots[-1].at_s - period_s, period_s)
    period_share = dated.period_half_s / (math.sqrt(3) * period_s)
    steps = _steps(dated, read[0][1])
    return Track(knots, period_s, period_share=period_share, steps=steps)


def _steps(dated: Dated, first_w: float) -> list[list[Step]]:
    """Steps of a power that began with `first_w`, by whose dates are off together.

    Those are also updates that follow one another and cut one rise or fall in two.
    """
    found: list[list[Step]] = []
    power_w = first_w
    for ticks in dated.together:
        steps: list[Step] = []
        for tick in ticks:
            steps.append(Step(tick.at_s, tick.half_s, tick.value - power_w))
            power_w = tick.value
        if len(steps) == 1 and found and _goes_on(found[-1][-1], steps[0]):
            found[-1] += steps
        else:
            found.append(steps)
    return found


def _goes_on(earlier: Step, later: Step) -> bool:
    close = later.at_s - earlier.at_s <= LONGEST_PERIOD_S
    return close and earlier.power_w * later.power_w > 0


def _hold(knots: list[Knot], power_w: float, standing_s: float, period_s: float) -> None:
    """Go on with the same power for `standing_s`, in whole periods and the rest."""
    if standing_s <= 0.25 * period_s:
        return
    steps = max(1, round(standing_s / period_s))
    for _ in range(steps):
        last = knots[-1]
        step_s = standing_s / steps
        knots.append(Knot(last.at_s + step_s, 0.0, last.energy_j + power_w * step_s))


def dates_of(
    rows: Rows, values: Sequence[float], origin_ns: int, beat: Beat | None = None
) -> Dated:
    """Updates of one column of the polls. `beat`: what is known of it beforehand."""
    return date(_updates_of(rows, values, origin_ns), beat)


def _updates_of(rows: Rows, values: Sequence[float], origin_ns: int) -> list[Update]:
    halves_s = [half_ns / 1e9 for half_ns in rows.halves_ns]
    return updates(seconds(rows.times_ns, origin_ns), halves_s, values)


def seconds(times_ns: Sequence[int], origin_ns: int) -> list[float]:
    """Instants as seconds after `origin_ns`."""
    return [(at_ns - origin_ns) / 1e9 for at_ns in times_ns]
