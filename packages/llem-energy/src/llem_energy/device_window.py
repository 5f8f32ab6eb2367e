"""One device over one window: which estimator, what it gave, and what stands against it."""

import math
from dataclasses import dataclass

from llem_schema import DeviceReading, FrozenDict

from llem_energy.edges import find_edges
from llem_energy.estimators import (
    AVERAGING_S,
    COUNTER,
    POWER_AVERAGE,
    POWER_INSTANT,
    Estimate,
    counter_edges,
    power_average,
    power_instant,
)
from llem_energy.recording import Trace

MAY_REFUSE_BELOW_S = {COUNTER: 1.0, POWER_INSTANT: 1.0, POWER_AVERAGE: 5.0}
"""Below this length a window may be too short to resolve."""

_REACH_NS = 5_000_000_000
"""How far around a window's ends polls are looked at."""
_DISAGREEMENT = 0.05
_SETTLING_NS = 200_000_000
"""A power reading taken this long after the end belongs to what came after it."""
_EDGES_BEYOND = 2
"""Counter updates needed outside either end: one to carry from, one for its power."""


@dataclass(frozen=True)
class MeteredDevice:
    """A device, what it can tell, and what it has told."""

    trace: Trace
    has_counter: bool
    has_power: bool
    averages: bool
    """The power is a one-second average."""
    flags: tuple[str, ...] = ()
    """Said of every reading of this device."""

    @property
    def power_method(self) -> str:
        return POWER_AVERAGE if self.averages else POWER_INSTANT

    @property
    def method(self) -> str:
        """The estimator of first choice."""
        return COUNTER if self.has_counter else self.power_method


@dataclass(frozen=True)
class DeviceWindow:
    """A device's reading with what the schema keeps for the sum alone."""

    reading: DeviceReading
    code: str | None
    upper_bound_j: float | None


def started(device: MeteredDevice) -> bool:
    """Whether a window may begin: what its start is carried from has been seen."""
    trace = device.trace
    if trace.lost is not None:
        return True
    if device.has_counter:
        return len(find_edges(trace.times_ns[-500:], trace.energies_j[-500:])) >= _EDGES_BEYOND
    return len(trace.times_ns) >= 1


def complete(device: MeteredDevice, end_ns: int) -> bool:
    """Whether everything that a window's end needs has arrived, or never will."""
    trace = device.trace
    if trace.lost is not None:
        return True
    rows = trace.rows(end_ns - _REACH_NS, end_ns + _REACH_NS)
    if device.has_counter:
        edges = find_edges(rows.times_ns, rows.energies_j)
        return sum(edge.at_ns > end_ns for edge in edges) >= _EDGES_BEYOND
    needed_ns = end_ns + _SETTLING_NS + (int(AVERAGING_S * 1e9) if device.averages else 0)
    return any(
        at_ns >= needed_ns and not math.isnan(power_w)
        for at_ns, power_w in zip(rows.times_ns, rows.powers_w, strict=True)
    )


def read_window(
    device: MeteredDevice, start_ns: int, end_ns: int, stopped: str | None
) -> DeviceWindow:
    """Energy of a closed window. `stopped`: why sampling ended, where it has."""
    trace = device.trace
    if trace.lost is not None and trace.lost[0] <= end_ns:
        reason = f"the GPU stopped to answer: {trace.lost[1]}"
        return _empty(device, start_ns, end_ns, "sensor_failed", reason)
    if device.has_counter and trace.was_reset(start_ns, end_ns):
        return _empty(
            device,
            start_ns,
            end_ns,
            "counter_reset",
            "the energy counter fell during the window, as after a reload of the driver",
        )
    estimates = _estimates(device, start_ns, end_ns)
    duration_s = (end_ns - start_ns) / 1e9
    for estimate in estimates:
        floor_s = MAY_REFUSE_BELOW_S[estimate.method]
        too_short = duration_s < floor_s
        if estimate.energy_j is None or (too_short and not _resolves(estimate)):
            continue
        return DeviceWindow(
            _reading(device, estimate, estimates, start_ns, end_ns), None, estimate.upper_bound_j
        )
    first = estimates[0]
    silenced = f"the GPU stopped to answer: {trace.lost[1]}" if trace.lost else stopped
    starved = first.energy_j is None and silenced is not None
    if duration_s < MAY_REFUSE_BELOW_S[first.method] and not starved:
        why = first.reason or f"its error is as large as the figure of the {first.method} estimate"
        reason = f"a window of {duration_s:.3f} s is too short for this sensor: {why}"
        return _empty(
            device, start_ns, end_ns, "unresolved_window", reason, _bound_j(first, duration_s)
        )
    reason = "; ".join(f"{e.method}: {e.reason}" for e in estimates)
    return _empty(
        device,
        start_ns,
        end_ns,
        "sensor_failed",
        f"{reason} ({silenced})" if silenced else reason,
    )


def _estimates(device: MeteredDevice, start_ns: int, end_ns: int) -> list[Estimate]:
    """All that apply, the preferred one first."""
    estimates = []
    if device.has_counter:
        around = device.trace.rows_around(start_ns, end_ns, _REACH_NS)
        estimates.append(counter_edges(around, start_ns, end_ns))
    if device.has_power:
        rows = device.trace.rows(start_ns - _REACH_NS, end_ns + _REACH_NS)
        by_power = power_average if device.averages else power_instant
        estimates.append(by_power(rows, start_ns, end_ns))
    return estimates


def _resolves(estimate: Estimate) -> bool:
    """A one-second average never resolves a window below its floor; the others say by error."""
    return estimate.method != POWER_AVERAGE and estimate.resolved


def _bound_j(estimate: Estimate, duration_s: float) -> float | None:
    if estimate.upper_bound_j is not None or estimate.energy_j is None:
        return estimate.upper_bound_j
    return estimate.energy_j + 2 * math.sqrt(sum(s**2 for s in estimate.terms.values()))


def _reading(
    device: MeteredDevice,
    chosen: Estimate,
    estimates: list[Estimate],
    start_ns: int,
    end_ns: int,
) -> DeviceReading:
    assert chosen.energy_j is not None
    flags = list(device.flags)
    if chosen.method == POWER_AVERAGE:
        flags.append("power_average")
    if _disagree(chosen, estimates):
        flags.append("sensor_disagreement")
    return DeviceReading(
        uuid=device.trace.uuid,
        energy_j=chosen.energy_j,
        method=chosen.method,
        scope="gpu",
        mean_power_w=chosen.energy_j / ((end_ns - start_ns) / 1e9),
        peak_power_w=_peak_w(device, start_ns, end_ns),
        terms=FrozenDict(chosen.terms),
        flags=tuple(flags),
        reason=_why_chosen(device, chosen, estimates),
    )


def _why_chosen(device: MeteredDevice, chosen: Estimate, estimates: list[Estimate]) -> str:
    passed_over = estimates[: estimates.index(chosen)]
    if passed_over:
        return "; ".join(
            f"{e.method} was passed over: {e.reason or 'not resolved'}" for e in passed_over
        )
    if chosen.method == COUNTER:
        return "the energy counter sees every update and needs no integration"
    return "this GPU has no energy counter that can be read"


def _disagree(chosen: Estimate, estimates: list[Estimate]) -> bool:
    """Whether another estimate is more than 5 % away, beyond what the two allow themselves."""
    assert chosen.energy_j is not None
    for other in estimates:
        if other is chosen or other.energy_j is None or not other.resolved:
            continue
        apart_j = abs(other.energy_j - chosen.energy_j)
        own_errors = [
            sigma for e in (chosen, other) for name, sigma in e.terms.items() if name != "gain"
        ]
        allowed_j = max(_DISAGREEMENT * chosen.energy_j, 2 * math.hypot(*own_errors))
        if apart_j > allowed_j:
            return True
    return False


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
        peak_power_w=_peak_w(device, start_ns, end_ns),
        flags=device.flags,
        reason=reason,
    )
    return DeviceWindow(reading, code, upper_bound_j)


def _peak_w(device: MeteredDevice, start_ns: int, end_ns: int) -> float | None:
    powers = device.trace.rows(start_ns, end_ns).powers_w
    return max((power for power in powers if not math.isnan(power)), default=None)
