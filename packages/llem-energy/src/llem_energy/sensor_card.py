"""What a board's sensors are like, measured on the board itself.

Nobody documents how often a sensor updates, so it is never assumed: the sensors are polled quickly
until they have shown their beat, for three seconds at most. What an idle device does not show (a
power that never changes has no visible period) stays unknown, and is learnt from a session in which
the device worked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import isnan
from statistics import fmean, median
from typing import Literal

from llem_contracts import Clock
from llem_schema import FrozenDict, FrozenList, Model

from llem_energy.nvml_sensors import NvmlSensors
from llem_energy.recording import Trace
from llem_energy.rows import Rows
from llem_energy.ticks import Beat, Dated
from llem_energy.tracks import counter_track, dates_of, slope_w

LONGEST_S = 3.0
_POLL_S = 0.002
_ENOUGH_UPDATES = 12
_PATIENCE_S = 1.2
"""A power that has not changed in this time is steady; it would show nothing in three seconds."""
_LEAST_UPDATES = 4


class BeatRecord(Model):
    """How often a sensor updates."""

    period_s: float
    half_s: float
    """The period is uncertain by this much to either side."""
    spread_s: float
    """Standard deviation of single updates around the beat."""
    updates: int
    """Updates that it rests on."""


class SensorCard(Model):
    """The sensors of one board under one driver."""

    schema_version: Literal[2] = 2
    """Cards of the first version may hold a period that a load's own steps suggested."""
    uuid: str
    driver_version: str
    scope: str = "gpu"
    measured_at: datetime
    sensors: FrozenList[str]
    """Quantities that can be read: `energy`, `instant`, `average`."""
    sample_buffer: bool
    """Whether the driver keeps a buffer of power samples."""
    call_cost_s: float
    """Median time that reading all quantities once takes."""
    beats: FrozenDict[str, BeatRecord] = FrozenDict()
    """By quantity."""
    unknown: FrozenDict[str, str] = FrozenDict()
    """Why, for each quantity without a beat."""
    counter_to_power: float | None = None
    """Counter's growth over the integral of the power of the moment; 1 where they agree."""

    def known_beats(self) -> dict[str, Beat]:
        """The beats as the estimators take them."""
        return {name: Beat(beat.period_s, beat.half_s) for name, beat in self.beats.items()}

    @property
    def shortest_period_s(self) -> float | None:
        """Period of the fastest sensor; None where none is known."""
        return min((beat.period_s for beat in self.beats.values()), default=None)


@dataclass(frozen=True)
class Board:
    """A board whose card is wanted."""

    sensors: NvmlSensors
    uuid: str
    driver_version: str


def measure_cards(boards: Sequence[Board], clock: Clock) -> list[SensorCard]:
    """Poll the sensors of all boards quickly, each until it has shown its beats or will not."""
    start_ns = clock.monotonic_ns()
    traces = [Trace(board.uuid) for board in boards]
    left = list(range(len(boards)))
    while left:
        passed_s = (clock.monotonic_ns() - start_ns) / 1e9
        for index in tuple(left):
            traces[index].append(boards[index].sensors.poll())
            lost = traces[index].lost is not None
            if lost or _seen_enough(traces[index], boards[index].sensors, passed_s):
                left.remove(index)
        if left:
            clock.sleep(_POLL_S)
    return [_card(board, trace, clock) for board, trace in zip(boards, traces, strict=True)]


def _card(board: Board, trace: Trace, clock: Clock) -> SensorCard:
    origin_ns = trace.times_ns[0]
    rows = trace.rows(origin_ns, trace.times_ns[-1])
    beats, unknown = _beats(rows, board.sensors, origin_ns)
    return SensorCard(
        uuid=board.uuid,
        driver_version=board.driver_version,
        measured_at=datetime.fromtimestamp(clock.wall_ns() / 1e9, tz=UTC),
        sensors=board.sensors.quantities,
        sample_buffer=board.sensors.has_sample_buffer(),
        call_cost_s=2 * median(rows.halves_ns) / 1e9,
        beats=FrozenDict(beats),
        unknown=FrozenDict(unknown),
        counter_to_power=_counter_to_power(rows, origin_ns),
    )


def refined(card: SensorCard, trace: Trace) -> SensorCard:
    """The card with the beats that a session has shown more closely, or for the first time."""
    if not trace.times_ns:
        return card
    end_ns = trace.times_ns[-1]
    rows = trace.rows(end_ns - 15_000_000_000, end_ns)
    beats: dict[str, BeatRecord] = dict(card.beats)
    for quantity in card.sensors:
        seen = _beat(dates_of(rows, _column(rows, quantity), end_ns))
        known = beats.get(quantity)
        if seen is not None:
            beats[quantity] = seen if known is None else better_beat(known, seen)
    if beats == dict(card.beats):
        return card
    unknown = {name: why for name, why in card.unknown.items() if name not in beats}
    return card.model_copy(update={"beats": FrozenDict(beats), "unknown": FrozenDict(unknown)})


def better_beat(known: BeatRecord, seen: BeatRecord) -> BeatRecord:
    """Of the beat that was known and the one that a session has shown, the one to believe.

    A load can hide updates but adds none: of two that exclude each other the shorter is true. Else
    it is the closer one.
    """
    if abs(seen.period_s - known.period_s) > seen.half_s + known.half_s:
        return min(known, seen, key=lambda beat: beat.period_s)
    return min(known, seen, key=lambda beat: beat.half_s)


def _seen_enough(trace: Trace, sensors: NvmlSensors, passed_s: float) -> bool:
    if passed_s >= LONGEST_S:
        return True
    counted = sensors.has_counter
    if counted and _changes(trace.energies_j) < _ENOUGH_UPDATES:
        return False
    columns = {"instant": trace.instants_w, "average": trace.averages_w}
    moving = [_changes(columns[q]) for q in sensors.quantities if q != "energy"]
    if all(changes >= _ENOUGH_UPDATES for changes in moving):
        return True
    return passed_s >= _PATIENCE_S and not any(0 < c < _ENOUGH_UPDATES for c in moving)


def _changes(values: Sequence[float]) -> int:
    read = [value for value in values if not isnan(value)]
    return sum(earlier != later for earlier, later in pairwise(read))


def _beats(
    rows: Rows, sensors: NvmlSensors, origin_ns: int
) -> tuple[dict[str, BeatRecord], dict[str, str]]:
    beats: dict[str, BeatRecord] = {}
    unknown: dict[str, str] = {}
    for quantity in sensors.quantities:
        beat = _beat(dates_of(rows, _column(rows, quantity), origin_ns))
        if beat is not None:
            beats[quantity] = beat
        else:
            unknown[quantity] = "it changed too seldom to show a period; it shows under load"
    return beats, unknown


def _beat(dated: Dated) -> BeatRecord | None:
    if dated.period_s is None or dated.resting_on < _LEAST_UPDATES:
        return None
    return BeatRecord(
        period_s=dated.period_s,
        half_s=dated.period_half_s,
        spread_s=dated.spread_s,
        updates=dated.resting_on,
    )


def _column(rows: Rows, quantity: str) -> Sequence[float]:
    columns = {
        "energy": rows.energies_j,
        "instant": rows.instants_w,
        "average": rows.averages_w,
    }
    return columns[quantity]


def _counter_to_power(rows: Rows, origin_ns: int) -> float | None:
    knots = counter_track(rows, origin_ns).knots
    powers = [power_w for power_w in rows.instants_w if not isnan(power_w)]
    if len(knots) < _LEAST_UPDATES or not powers or fmean(powers) <= 0:
        return None
    return slope_w(knots[0], knots[-1]) / fmean(powers)
