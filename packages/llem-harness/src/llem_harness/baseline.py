"""Idle power: bare, before the model is loaded (CM-17), and resident, with it loaded.

bare        from the cache, if it was measured lately on the same devices and a look of three
            seconds agrees with it; else measured, and kept
resident    measured in every run, for a part of the bare one's time
"""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from llem_contracts import ConfigError, Devices, MeterSession, PhaseSkipped
from llem_schema import (
    BaselineConfig,
    BaselineRecord,
    DeviceFacts,
    IdleReading,
    NotMeasured,
)

from llem_harness.baseline_cache import BaselineCache
from llem_harness.phases import phase
from llem_harness.ports import Ports

LOOK_S = 3.0
"""How long a cached power is looked at before it serves."""
_AGREES = 0.05
"""A cached power serves where a look is within this share of it, or within three standard errors
of the two."""
RESIDENT_SHARE = 1 / 6
"""Of the bare power's time: five seconds of thirty."""


@dataclass(frozen=True)
class Baseline:
    """The idle powers, or why there is none."""

    record: BaselineRecord | None
    missing: NotMeasured | None
    resident: BaselineRecord | None = None
    resident_missing: NotMeasured | None = None


def measure_baseline(
    config: BaselineConfig,
    session: MeterSession,
    ports: Ports,
    no_energy: NotMeasured | None,
    *,
    cache: BaselineCache,
    devices: Sequence[DeviceFacts],
) -> Baseline:
    """The power of the devices with nothing running, before the model is loaded."""
    if no_energy is not None:
        return _skip(ports, no_energy)
    if not config.enabled:
        return _skip(ports, NotMeasured(code="not_requested", reason="`baseline.enabled` is false"))
    known = cache.find(_now(ports), config.cache_ttl_seconds)
    if known is not None:
        look_s = min(LOOK_S, config.duration_seconds)
        look = _watch(session, ports, look_s, "baseline")
        if _agrees(known, look):
            return Baseline(known, None)
        cache.drop()
    measured_at = _now(ports)
    idle = _watch(session, ports, config.duration_seconds, "baseline")
    if idle.power_w is None:
        return Baseline(None, _why_none(idle))
    record = _record(
        idle, "bare", measured_at, engine_context=_holds_a_device(ports.devices, devices)
    )
    if not record.engine_context:
        cache.keep(record)
    return Baseline(record, None)


def with_resident(
    baseline: Baseline, config: BaselineConfig, session: MeterSession, ports: Ports
) -> Baseline:
    """The same with the idle power of the devices that now hold the model."""
    if baseline.record is None:
        return Baseline(None, baseline.missing, None, baseline.missing)
    measured_at = _now(ports)
    idle = _watch(session, ports, config.duration_seconds * RESIDENT_SHARE, "resident baseline")
    if idle.power_w is None:
        return Baseline(baseline.record, None, None, _why_none(idle))
    resident = _record(idle, "resident", measured_at, engine_context=True)
    return Baseline(baseline.record, None, resident, None)


def _watch(session: MeterSession, ports: Ports, seconds: float, name: str) -> IdleReading:
    with phase(name, ports.listener, ports.clock, total=seconds, unit="s") as progress:
        return session.idle(seconds, lambda passed_s: progress(passed_s, None))


def _record(
    idle: IdleReading,
    kind: Literal["bare", "resident"],
    measured_at: datetime,
    *,
    engine_context: bool,
) -> BaselineRecord:
    assert idle.power_w is not None
    return BaselineRecord(
        kind=kind,
        source="measured",
        power_w=idle.power_w,
        std_w=idle.std_w,
        standard_error_w=idle.standard_error_w,
        samples=idle.samples,
        effective_samples=idle.effective_samples,
        drift_w=idle.drift_w,
        temperature_c=idle.temperature_c,
        performance_state=idle.performance_state,
        engine_context=engine_context,
        duration_s=idle.duration_s,
        power_per_device_w=idle.power_per_device_w,
        measured_at=measured_at,
    )


def _agrees(known: BaselineRecord, look: IdleReading) -> bool:
    if look.power_w is None:
        return False
    error_w = math.hypot(known.standard_error_w or 0.0, look.standard_error_w or 0.0)
    return abs(look.power_w - known.power_w) <= max(_AGREES * known.power_w, 3 * error_w)


def _holds_a_device(devices: Devices, used: Sequence[DeviceFacts]) -> bool:
    """Whether this process has a context on one of them already."""
    for facts in used:
        try:
            processes = devices.state(facts.uuid).processes
        except ConfigError:  # a device that does not tell its state
            continue
        if os.getpid() in {process.pid for process in processes}:
            return True
    return False


def _why_none(idle: IdleReading) -> NotMeasured:
    reason = idle.reason or "the meter gave no idle power"
    return NotMeasured(code=idle.code or "sensor_failed", reason=reason)


def _skip(ports: Ports, missing: NotMeasured) -> Baseline:
    ports.listener(PhaseSkipped(phase="baseline", reason=missing.reason))
    return Baseline(None, missing)


def _now(ports: Ports) -> datetime:
    return datetime.fromtimestamp(ports.clock.wall_ns() / 1e9, tz=UTC)
