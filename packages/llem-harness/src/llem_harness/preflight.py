"""First step: everything that could stop the run, found before it begins."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from llem_contracts import (
    BackendPlan,
    ConfigError,
    DeviceProcess,
    LlemError,
    MeterChoice,
    NotSupported,
    PreFlightError,
    Problem,
    choose_meter,
)
from llem_schema import AcceleratorFacts, DeviceFacts, MemoryEstimate, NotMeasured, WorkOrder

from llem_harness.host import HostPlan, plan_host
from llem_harness.ports import Ports
from llem_harness.support import unsupported

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What a run would use, and everything that is wrong with it."""

    plan: BackendPlan
    devices: tuple[DeviceFacts, ...]
    """Devices that the backend plans to use; empty where they cannot be found."""
    visible: tuple[DeviceFacts, ...]
    meter: MeterChoice | None
    memory: MemoryEstimate | None
    """For prompts of `max_input_tokens`, or of no length where that is open: a lower bound. None
    where the model's shape does not tell."""
    problems: tuple[Problem, ...]


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

    Raises `PreFlightError` with all problems that stand in the way.
    """
    found = inspect(order, ports)
    blocking = [problem for problem in found.problems if problem.blocking]
    if blocking:
        raise PreFlightError(blocking)
    assert found.meter is not None
    no_energy = _no_energy(order, found.meter)
    return Readiness(
        plan=found.plan,
        devices=found.devices,
        visible=found.visible,
        meter=found.meter,
        no_energy=no_energy,
        host=plan_host(found.devices, ports.devices, ports.host_meters, no_energy),
        warnings=found.problems,
    )


def inspect(order: WorkOrder, ports: Ports) -> Inspection:
    """Look at everything without loading, writing or measuring anything."""
    config = order.config
    visible = ports.devices.visible()
    plan = ports.backend.plan(config, visible)
    problems: list[Problem] = [*unsupported(config, ports.backend_descriptor), *plan.problems]

    devices = _attempt(problems, lambda: _planned(plan, ports)) or ()
    if any(logical.partition(":")[0] != "cpu" for logical in plan.devices):
        problems += ports.devices.problems()
    problems += _unloadable(devices)
    problems += _in_use(devices, ports)
    meter = choose_meter(config.energy.meter, ports.meters, devices) if devices else None
    if meter is not None:
        problems += meter.problems
    elif devices:
        problems.append(
            Problem(
                code="no_meter",
                message="no meter is installed",
                cure="Install llem-energy.",
            )
        )
    problems += ports.prompts.problems(config.dataset_config, config.n)
    if order.settings.results_dir is not None:
        problems += ports.store.problems(Path(order.settings.results_dir))
    memory = _memory(order, ports, plan)
    if memory is not None and devices:
        problems += _too_big(memory, devices, ports)

    return Inspection(
        plan=plan,
        devices=devices,
        visible=visible,
        meter=meter,
        memory=memory,
        problems=tuple(problems),
    )


def _no_energy(order: WorkOrder, meter: MeterChoice) -> NotMeasured | None:
    if meter.descriptor.senses:
        return None
    unasked = order.config.energy.meter == "auto"
    return NotMeasured(code="no_sensor" if unasked else "not_requested", reason=meter.reason)


def _planned(plan: BackendPlan, ports: Ports) -> tuple[DeviceFacts, ...]:
    return tuple(ports.devices.facts(uuid) for uuid in ports.devices.resolve(plan.devices))


def _unloadable(devices: tuple[DeviceFacts, ...]) -> tuple[Problem, ...]:
    """GPUs that the driver lets go of whenever no program holds them (CM-31)."""
    return tuple(
        Problem(
            code="persistence_off",
            message=(
                f"persistence mode of {device.name} ({device.uuid}) is off, so its idle power and "
                "its clocks depend on which other programs hold the GPU"
            ),
            cure=f"Turn it on with `sudo nvidia-smi -i {device.uuid} -pm 1`.",
            blocking=False,
        )
        for device in devices
        if isinstance(device, AcceleratorFacts) and device.persistence_mode is False
    )


def _in_use(devices: tuple[DeviceFacts, ...], ports: Ports) -> tuple[Problem, ...]:
    """GPUs on which others compute: their joules cannot be told from ours."""
    found = []
    for device in devices:
        if not isinstance(device, AcceleratorFacts):
            continue
        held = [p for p in ports.devices.state(device.uuid).processes if p.pid != os.getpid()]
        if held:
            found.append(
                Problem(
                    code="device_in_use",
                    message=f"{device.name} ({device.uuid}) is used by other processes too, whose "
                    f"energy would be in the figures: {', '.join(map(_process, held))}",
                    cure="Wait for them or end them, or choose another GPU in "
                    "CUDA_VISIBLE_DEVICES.",
                    blocking=False,
                )
            )
    return tuple(found)


def _process(process: DeviceProcess) -> str:
    memory = "" if process.memory_mib is None else f" with {process.memory_mib:,.0f} MiB"
    return f"pid {process.pid}{memory}"


def _memory(order: WorkOrder, ports: Ports, plan: BackendPlan) -> MemoryEstimate | None:
    config = order.config
    if plan.shape is None:
        return None
    length = (config.max_input_tokens or 0) + config.max_output_tokens
    try:
        return ports.flops.memory(plan.shape, config.precision, plan.batch_size, length)
    except NotSupported:
        return None


def _too_big(
    memory: MemoryEstimate, devices: tuple[DeviceFacts, ...], ports: Ports
) -> tuple[Problem, ...]:
    states = [ports.devices.state(device.uuid) for device in devices]
    free = [state.free_memory_mib for state in states if state.free_memory_mib is not None]
    if len(free) < len(states) or memory.total_mib <= sum(free):
        return ()
    return (
        Problem(
            code="not_enough_memory",
            message=(
                f"the model needs at least {memory.total_mib:,.0f} MiB and "
                f"{sum(free):,.0f} MiB are free on {', '.join(d.uuid for d in devices)}"
            ),
            cure="Free memory, lower the batch size or the precision, or take a smaller model.",
        ),
    )


def _attempt(problems: list[Problem], make: Callable[[], T]) -> T | None:
    try:
        return make()
    except ConfigError as error:
        problems.append(_as_problem(error))
        return None


def _as_problem(error: LlemError) -> Problem:
    return Problem(
        code="device_not_found",
        message=str(error),
        cure=error.cure or "`llem config` lists the devices.",
    )
