"""The host's energy: beside that of the accelerators, or as that of a run on the CPU (CM-11)."""

from collections.abc import Sequence
from dataclasses import dataclass

from llem_contracts import (
    Devices,
    LlemError,
    MeterCandidate,
    MeterChoice,
    MeterSession,
    choose_meter,
)
from llem_schema import (
    HOST_ID,
    DeviceFacts,
    EnergyReading,
    HostFacts,
    HostRecord,
    NotMeasured,
)

from llem_harness.energy import why_none


@dataclass(frozen=True)
class HostPlan:
    """Which meter is to read the host beside the accelerators."""

    choice: MeterChoice | None
    missing: NotMeasured | None
    """Why there is none; None in a run on the CPU, whose own meter reads the host."""


@dataclass(frozen=True)
class HostMetering:
    """The host's meter at work."""

    session: MeterSession | None
    missing: NotMeasured | None
    """Why there is no session; None in a run on the CPU."""


@dataclass(frozen=True)
class HostFigures:
    """The host's energy in a result; `missing` explains what is None."""

    energy_host_j: float | None
    record: HostRecord | None
    missing: dict[str, NotMeasured]


def host_facts(devices: Devices) -> HostFacts:
    """The host among the devices."""
    facts = devices.facts(HOST_ID)
    assert isinstance(facts, HostFacts)
    return facts


def runs_on_host(devices: Sequence[DeviceFacts]) -> bool:
    """Whether a run computes on the CPU alone, so that the host is what its meter reads."""
    return all(device.kind == "host" for device in devices)


def plan_host(
    used: Sequence[DeviceFacts],
    devices: Devices,
    candidates: Sequence[MeterCandidate],
    no_energy: NotMeasured | None,
) -> HostPlan:
    """Take the most accurate meter that can read the host.

    `used`: the devices of the run. `no_energy`: why no meter reads them, where none does.
    """
    if runs_on_host(used):
        return HostPlan(None, None)
    if no_energy is not None and no_energy.code == "not_requested":
        return HostPlan(None, no_energy)
    able = [
        candidate
        for candidate in candidates
        if candidate.plugin.descriptor is not None
        and "host" in candidate.plugin.descriptor.device_kinds
    ]
    choice = choose_meter("auto", able, [host_facts(devices)])
    if choice is None:
        return HostPlan(None, _no_sensor("no meter of the host is installed"))
    if not choice.descriptor.senses:
        return HostPlan(None, _no_sensor(choice.reason))
    return HostPlan(choice, None)


def open_host(plan: HostPlan, sample_period_s: float | None) -> HostMetering:
    """Begin to sample the host. A meter that fails costs the host's energy and not the run."""
    if plan.choice is None:
        return HostMetering(None, plan.missing)
    assert plan.choice.meter is not None
    try:
        return HostMetering(plan.choice.meter.open([HOST_ID], sample_period_s), None)
    except LlemError as error:
        reason = f"{error}. {error.cure}" if error.cure else str(error)
        return HostMetering(None, NotMeasured(code="sensor_failed", reason=reason))


def host_figures(
    reading: EnergyReading | None, choice: MeterChoice | None, missing: NotMeasured | None
) -> HostFigures:
    """The host's energy as `choice` has read it.

    `missing`: why it has not, where that is known from elsewhere than the reading.
    """
    if reading is None or reading.energy_j is None or choice is None:
        if missing is None:
            assert reading is not None
            missing = why_none(reading)
        return HostFigures(None, None, {"energy_host_j": missing, "meter.host": missing})
    (device,) = reading.devices
    record = HostRecord(
        name=choice.name,
        version=choice.version,
        method=reading.method,
        scope=reading.scope,
        uncertainty_j=reading.uncertainty_j,
        comparison_uncertainty_j=reading.comparison_uncertainty_j,
        parts_j=device.parts_j,
        terms=device.terms,
        flags=tuple(dict.fromkeys([*reading.flags, *device.flags])),
    )
    not_stated = NotMeasured(
        code="not_stated", reason="the meter states no uncertainty for this reading"
    )
    gaps = {
        f"meter.host.{name}": not_stated
        for name in ("uncertainty_j", "comparison_uncertainty_j")
        if getattr(record, name) is None
    }
    return HostFigures(reading.energy_j, record, gaps)


def _no_sensor(reason: str) -> NotMeasured:
    return NotMeasured(code="no_sensor", reason=reason)
