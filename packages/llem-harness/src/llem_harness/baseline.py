"""Third step: idle power, before the model is loaded (CM-17)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from llem_contracts import MeterSession, PhaseSkipped
from llem_schema import BaselineConfig, BaselineRecord, NotMeasured

from llem_harness.phases import phase
from llem_harness.ports import Ports


@dataclass(frozen=True)
class Baseline:
    """The idle power, or why there is none."""

    record: BaselineRecord | None
    missing: NotMeasured | None


def measure_baseline(
    config: BaselineConfig,
    session: MeterSession,
    ports: Ports,
    no_energy: NotMeasured | None,
) -> Baseline:
    """Let the devices idle for `duration_seconds` and read their power."""
    if no_energy is not None:
        return _skip(ports, no_energy)
    if not config.enabled:
        return _skip(ports, NotMeasured(code="not_requested", reason="`baseline.enabled` is false"))
    with phase(
        "baseline", ports.listener, ports.clock, total=config.duration_seconds, unit="s"
    ) as progress:
        measured_at = datetime.fromtimestamp(ports.clock.wall_ns() / 1e9, tz=UTC)
        idle = session.idle(config.duration_seconds, lambda seconds: progress(seconds, None))
    if idle.power_w is None:
        reason = idle.reason or "the meter gave no idle power"
        return Baseline(None, NotMeasured(code=idle.code or "sensor_failed", reason=reason))
    return Baseline(
        BaselineRecord(
            power_w=idle.power_w,
            std_w=idle.std_w,
            samples=idle.samples,
            duration_s=idle.duration_s,
            power_per_device_w=idle.power_per_device_w,
            measured_at=measured_at,
        ),
        None,
    )


def _skip(ports: Ports, missing: NotMeasured) -> Baseline:
    ports.listener(PhaseSkipped(phase="baseline", reason=missing.reason))
    return Baseline(None, missing)
