"""What a run is going to use."""

from dataclasses import dataclass

from llem_contracts import BackendPlan, MeterChoice, PreFlightError, Problem
from llem_schema import DeviceFacts, NotMeasured, WorkOrder

from llem_harness.host import HostPlan, plan_host
from llem_harness.ports import Ports
from llem_harness.preflight.inspection import inspect


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What a run is going to use."""

    plan: BackendPlan
    devices: tuple[DeviceFacts, ...]
    """Devices that the backend plans to use."""
    visible: tuple[DeviceFacts, ...]
    meter: MeterChoice
    no_energy: NotMeasured | None
    """Why there will be no energy; None where a sensor is read."""
    host: HostPlan
    warnings: tuple[Problem, ...]


def check(order: WorkOrder, ports: Ports) -> Readiness:
    """Make sure that the run can go ahead.

    Raises `PreFlightError` with all problems that stand in the way, and the warnings beside them.
    """
    found = inspect(order, ports)
    warnings = tuple(problem for problem in found.problems if not problem.blocking)
    blocking = tuple(problem for problem in found.problems if problem.blocking)
    if blocking:
        raise PreFlightError(blocking, warnings)
    assert found.meter is not None
    no_energy = _no_energy(order, found.meter)
    return Readiness(
        plan=found.plan,
        devices=found.devices,
        visible=found.visible,
        meter=found.meter,
        no_energy=no_energy,
        host=plan_host(found.devices, ports.devices, ports.host_meters, no_energy),
        warnings=warnings,
    )


def _no_energy(order: WorkOrder, meter: MeterChoice) -> NotMeasured | None:
    if meter.descriptor.senses:
        return None
    unasked = order.config.energy.meter == "auto"
    return NotMeasured(code="no_sensor" if unasked else "not_requested", reason=meter.reason)
