"""One device over one window: which estimator, what it gave, and what stands against it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from llem_contracts import Sample
from llem_schema import DeviceReading, FrozenDict

from llem_energy.choosing import Choice, choose
from llem_energy.estimators import (
    COUNTER_BRACKETED,
    COUNTER_EDGES,
    POWER_AVERAGE,
    POWER_INSTANT,
    Estimate,
    from_average,
    from_counter,
    from_instant,
    mean_power_w,
)
from llem_energy.interruptions import BESIDE_S, interruptions
from llem_energy.part_time import average_sees_more, counter_sees_more
from llem_energy.poll import BoardState
from llem_energy.recording import Trace
from llem_energy.throttled import throttled
from llem_energy.ticks import Beat
from llem_energy.tracks import AVERAGING_S, USUAL_PERIOD_S, counter_track, instant_track

MAY_REFUSE_BELOW_S = {
    COUNTER_BRACKETED: 1.0,
    COUNTER_EDGES: 1.0,
    POWER_INSTANT: 1.0,
    POWER_AVERAGE: 5.0,
}
"""Below this length a window may be too short to resolve."""

_REACH_NS = 5_000_000_000
"""How far around a window polls are looked at."""
_UPDATES_BEYOND = 5
"""Updates awaited on either side of a window: an end, a plateau behind it, and one to spare."""
_AWAITED_NS = int(_UPDATES_BEYOND * USUAL_PERIOD_S * 1e9)
"""How long that takes on current boards."""

SENSOR_FALLBACK = "sensor_fallback"
"""Flag: the preferred sensor failed, and another one gave the figure."""
SENSOR_INTERRUPTED = "sensor_interrupted"
"""Flag: for a while the sensor of the figure was not read."""
SHARED_DEVICE = "shared_device"
"""Flag: a process that is none of the measured work computed on the device."""


@dataclass(frozen=True)
class DeviceWindow:
    """A device's reading with what the schema keeps for the sum alone."""

    reading: DeviceReading
    code: str | None
    upper_bound_j: float | None


@dataclass(frozen=True)
class MeteredDevice:
    """A device, what it can tell, and what it has told."""

    trace: Trace
    has_counter: bool
    has_instant: bool
    has_average: bool
    part_time: bool = True
    """Its sensors may see a part of the time only."""
    beats: Mapping[str, Beat] = field(default_factory=dict)
    """How often its sensors update, as far as it is known, by `energy`, `instant`, `average`."""
    flags: tuple[str, ...] = ()
    """Said of every reading of this device."""

    @property
    def method(self) -> str:
        """The estimator of first choice."""
        if self.has_counter:
            return COUNTER_EDGES
        return POWER_INSTANT if self.has_instant else POWER_AVERAGE

    @property
    def uuid(self) -> str:
        return self.trace.uuid

    def started(self, now_ns: int) -> bool:
        """Whether a window may begin: what its start is carried from has been seen."""
        trace = self.trace
        if trace.lost is not None:
            return True
        since_ns = trace.going_since_ns
        if since_ns is None:
            return False
        if self.has_counter:
            return _counted(trace, since_ns, now_ns) >= _UPDATES_BEYOND
        needed_s = _UPDATES_BEYOND * USUAL_PERIOD_S
        if not self.has_instant:
            needed_s += AVERAGING_S
        return now_ns - since_ns >= needed_s * 1e9

    def complete(self, end_ns: int) -> bool:
        """Whether everything that a window's end needs has arrived, or never will."""
        trace = self.trace
        if trace.lost is not None or trace.gap_between(end_ns, end_ns + _REACH_NS) is not None:
            return True
        if self.has_counter and _counted(trace, end_ns, end_ns + _REACH_NS) <= _UPDATES_BEYOND:
            return False
        needed_s = (_UPDATES_BEYOND + 1) * USUAL_PERIOD_S
        if self.has_average:
            needed_s += AVERAGING_S
        return bool(trace.times_ns) and trace.times_ns[-1] >= end_ns + needed_s * 1e9

    def read(self, start_ns: int, end_ns: int, stopped: str | None) -> DeviceWindow:
        """Energy of a closed window. `stopped`: why sampling ended, where it has."""
        window = self._energy_of(start_ns, end_ns, stopped)
        held = throttled(self.trace.states, start_ns, end_ns)
        told: dict[str, Any] = {
            "throttled_s": None if held.seconds is None else FrozenDict(held.seconds),
            "throttled_source": held.source,
            "throttled_resolution_s": held.resolution_s,
            "throttled_reason": held.reason,
        }
        if self.trace.shared_between(start_ns, end_ns):
            told["flags"] = (*window.reading.flags, SHARED_DEVICE)
        return replace(window, reading=window.reading.model_copy(update=told))

    def _energy_of(self, start_ns: int, end_ns: int, stopped: str | None) -> DeviceWindow:
        trace = self.trace
        if trace.lost is not None and trace.lost[0] <= end_ns:
            reason = f"the GPU stopped to answer: {trace.lost[1]}"
            return _empty(self, start_ns, end_ns, "sensor_failed", reason)
        gap = trace.gap_between(start_ns, end_ns)
        if gap is not None:
            reason = f"sampling broke off during the window: {gap.reason}"
            return _empty(self, start_ns, end_ns, "sensor_failed", reason)
        broken = trace.break_between(start_ns, end_ns) if self.has_counter else None
        if broken is not None:
            return _empty(self, start_ns, end_ns, "counter_reset", broken.reason)
        estimates = _estimates(self, start_ns, end_ns)
        duration_s = (end_ns - start_ns) / 1e9
        choice = _choice(estimates, duration_s)
        if choice is not None:
            estimate = choice.estimate
            assert estimate.energy_j is not None
            troubles = _troubles(trace, estimate, estimates, start_ns, end_ns)
            reading = DeviceReading(
                uuid=trace.uuid,
                energy_j=estimate.energy_j,
                method=estimate.method,
                scope="gpu",
                mean_power_w=estimate.energy_j / duration_s,
                peak_power_w=trace.peak_w(start_ns, end_ns),
                terms=FrozenDict(estimate.terms),
                flags=(*self.flags, *_method_flags(estimate), *choice.flags, *troubles),
                reason="; ".join([choice.reason, *filter(None, troubles.values())]),
                alternatives_j=FrozenDict(choice.alternatives),
            )
            return DeviceWindow(reading, None, estimate.upper_bound_j)
        return _without_energy(self, estimates, start_ns, end_ns, stopped)

    def mean_power_w(self, start_ns: int, end_ns: int) -> float | None:
        """Mean of the powers that were read in the span; None where there is none."""
        return mean_power_w(self.trace.rows(start_ns, end_ns), start_ns, end_ns)

    def states_between(self, start_ns: int, end_ns: int) -> Sequence[tuple[int, BoardState]]:
        return self.trace.states_between(start_ns, end_ns)

    def power_w(self, index: int) -> float:
        return self.trace.power_w(index)

    def sample(self, index: int, stride: int) -> Sample | None:
        return self.trace.sample(index, stride)


def _usable(estimate: Estimate, duration_s: float) -> bool:
    """Whether it may be reported: resolved, or of a window too long to refuse."""
    if estimate.energy_j is None:
        return False
    return estimate.resolved or duration_s >= MAY_REFUSE_BELOW_S[estimate.method]


def _choice(estimates: list[Estimate], duration_s: float) -> Choice | None:
    """The estimate to report; None where none may be.

    A sensor that may see a part of the time only does not speak for a better one that was there
    and could not resolve the window: what it shows as steady may have been between its samples.
    """
    choice = choose([_reportable(estimate, duration_s) for estimate in estimates])
    if choice is None or not _usable(choice.estimate, duration_s):
        return None
    methods = [estimate.method for estimate in estimates]
    before = estimates[: methods.index(choice.estimate.method)]
    if choice.estimate.part_time and any(other.energy_j is not None for other in before):
        return None
    return choice


def _reportable(estimate: Estimate, duration_s: float) -> Estimate:
    """The estimate, empty where it may not be reported."""
    if estimate.energy_j is None or _usable(estimate, duration_s):
        return estimate
    return replace(estimate, energy_j=None, terms={}, reason="its error is as large as its figure")


def _troubles(
    trace: Trace, chosen: Estimate, estimates: list[Estimate], start_ns: int, end_ns: int
) -> dict[str, str]:
    """What befell the sensors in or beside the window, as flags with a sentence each."""
    found = {}
    first = estimates[0]
    if first.energy_j is None and first.method != chosen.method:
        found[SENSOR_FALLBACK] = ""  # why it was passed over is in the choice's reason
    beside_ns = int(BESIDE_S * 1e9)
    rows = trace.rows(start_ns - _REACH_NS, end_ns + _REACH_NS)
    values = {POWER_INSTANT: rows.instants_w, POWER_AVERAGE: rows.averages_w}.get(
        chosen.method, rows.energies_j
    )
    holes = interruptions(rows.times_ns, values, start_ns - beside_ns, end_ns + beside_ns)
    if holes:
        longest_s = max(hole.seconds for hole in holes)
        found[SENSOR_INTERRUPTED] = f"its sensor was not read for {longest_s:.2f} s"
    elif trace.lost is not None and trace.lost[0] < end_ns + _AWAITED_NS:
        found[SENSOR_INTERRUPTED] = f"the GPU stopped to answer just after it: {trace.lost[1]}"
    return found


def _without_energy(
    device: MeteredDevice,
    estimates: list[Estimate],
    start_ns: int,
    end_ns: int,
    stopped: str | None,
) -> DeviceWindow:
    duration_s = (end_ns - start_ns) / 1e9
    first = estimates[0]
    lost = device.trace.lost
    silenced = f"the GPU stopped to answer: {lost[1]}" if lost else stopped
    starved = first.energy_j is None and silenced is not None
    if duration_s < MAY_REFUSE_BELOW_S[first.method] and not starved:
        why = first.reason or f"its error is as large as the figure of the {first.method} estimate"
        reason = f"a window of {duration_s:.3f} s is too short for this sensor: {why}"
        bound_j = _bound_j(first)
        return _empty(device, start_ns, end_ns, "unresolved_window", reason, bound_j)
    reason = "; ".join(f"{e.method}: {e.reason}" for e in estimates)
    if silenced:
        reason = f"{reason} ({silenced})"
    return _empty(device, start_ns, end_ns, "sensor_failed", reason)


def _estimates(device: MeteredDevice, start_ns: int, end_ns: int) -> list[Estimate]:
    """All that apply, the preferred one first."""
    rows = device.trace.rows_without_resets(start_ns - _REACH_NS, end_ns + _REACH_NS, start_ns)
    blind = device.part_time
    counter_beat, instant_beat, average_beat = (
        device.beats.get(quantity) for quantity in ("energy", "instant", "average")
    )
    instant = instant_track(rows, start_ns, instant_beat)
    estimates = []
    if device.has_counter:
        counter = counter_track(rows, start_ns, counter_beat)
        sees_more = device.has_instant and counter_sees_more(rows, counter)
        end_s = (end_ns - start_ns) / 1e9
        estimates.append(from_counter(counter, end_s, part_time=blind and not sees_more))
    if device.has_instant:
        estimates.append(from_instant(instant, rows, start_ns, end_ns, part_time=blind))
    if device.has_average:
        sees_more = device.has_instant and average_sees_more(rows, instant, start_ns)
        estimates.append(
            from_average(
                rows, start_ns, end_ns, part_time=blind and not sees_more, beat=average_beat
            )
        )
    return estimates


def _counted(trace: Trace, start_ns: int, end_ns: int) -> int:
    """Movements of the counter that polls in the span have seen."""
    values = [e for e in trace.rows(start_ns, end_ns).energies_j if not math.isnan(e)]
    return sum(earlier != later for earlier, later in pairwise(values))


def _bound_j(estimate: Estimate) -> float | None:
    if estimate.upper_bound_j is not None or estimate.energy_j is None:
        return estimate.upper_bound_j
    return estimate.energy_j + 2 * math.hypot(*estimate.terms.values())


def _method_flags(estimate: Estimate) -> tuple[str, ...]:
    return (POWER_AVERAGE,) if estimate.method == POWER_AVERAGE else ()


def _empty(
    device: MeteredDevice,
    start_ns: int,
    end_ns: int,
    code: str,
    reason: str,
    upper_bound_j: float | None = None,
) -> DeviceWindow:
    reading = DeviceReading(
        uuid=device.trace.uuid,
        energy_j=None,
        method=device.method,
        scope="gpu",
        mean_power_w=None,
        peak_power_w=device.trace.peak_w(start_ns, end_ns),
        flags=device.flags,
        reason=reason,
    )
    return DeviceWindow(reading, code, upper_bound_j)
