"""What a run would use, and everything that is wrong with it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from llem_contracts import (
    BackendPlan,
    ConfigError,
    DeviceState,
    MeterChoice,
    Problem,
    choose_meter,
)
from llem_schema import DeviceFacts, MemoryEstimate, WorkOrder

from llem_harness.baseline_cache import BaselineCache
from llem_harness.ports import Ports
from llem_harness.preflight.device_checks import device_problems
from llem_harness.preflight.duration import TimeEstimate, time_estimate
from llem_harness.preflight.folder_checks import cache_problems
from llem_harness.preflight.length_checks import length_problems
from llem_harness.preflight.memory_checks import memory_estimate, memory_problems
from llem_harness.preflight.meter_checks import meter_problems
from llem_harness.preflight.protocol_checks import protocol_problems
from llem_harness.support import unsupported

CACHE_USE = "idle powers are measured anew in every run"

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
    """A lower bound, of all copies of the model; None where its shape does not tell."""
    memory_input_tokens: int | None = None
    """Of each prompt in it; None where their lengths are not known before the model is loaded, and
    no token of theirs is in it."""
    time: TimeEstimate
    problems: tuple[Problem, ...]
    """Those that stop the run come first."""


def inspect(order: WorkOrder, ports: Ports) -> Inspection:
    """Look at everything without loading, writing or measuring anything."""
    config, settings = order.config, order.settings
    visible = ports.devices.visible()
    plan = ports.backend.plan(config, visible)
    problems: list[Problem] = [
        *unsupported(config, ports.backend_descriptor),
        *protocol_problems(config),
        *plan.problems,
    ]

    devices = _attempt(problems, lambda: _planned(plan, ports)) or ()
    states: dict[str, DeviceState] = {d.uuid: ports.devices.state(d.uuid) for d in devices}
    if any(logical.partition(":")[0] != "cpu" for logical in plan.devices):
        problems += ports.devices.problems()
    problems += device_problems(devices, states, os.getpid())
    meter = choose_meter(config.energy.meter, ports.meters, devices) if devices else None
    if devices:
        problems += meter_problems(meter)
    problems += ports.prompts.problems(config.dataset_config, config.n)
    if settings.results_dir is not None:
        problems += ports.store.problems(Path(settings.results_dir))
    problems += cache_problems(settings.cache_dir, CACHE_USE)
    input_tokens = ports.prompts.input_tokens(config.dataset_config)
    problems += length_problems(config, plan.max_sequence_tokens, input_tokens)
    memory = memory_estimate(config, plan, ports.flops, input_tokens)
    if memory is not None and devices:
        problems += memory_problems(memory, devices, states, plan.replicas)

    return Inspection(
        plan=plan,
        devices=devices,
        visible=visible,
        meter=meter,
        memory=memory,
        memory_input_tokens=input_tokens or config.max_input_tokens,
        time=time_estimate(
            config,
            senses=meter is not None and meter.descriptor.senses,
            baseline_kept=meter is not None and _baseline_kept(order, meter, devices, ports),
            download=bool(plan.download_bytes),
        ),
        problems=blocking_first(problems),
    )


def blocking_first(problems: list[Problem]) -> tuple[Problem, ...]:
    """Problems in their order, those that stop a run before the others, none of them twice."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: not problem.blocking))


def _planned(plan: BackendPlan, ports: Ports) -> tuple[DeviceFacts, ...]:
    return tuple(ports.devices.facts(uuid) for uuid in ports.devices.resolve(plan.devices))


def _baseline_kept(
    order: WorkOrder, meter: MeterChoice, devices: tuple[DeviceFacts, ...], ports: Ports
) -> bool:
    now = datetime.fromtimestamp(ports.clock.wall_ns() / 1e9, tz=UTC)
    cache = BaselineCache(order.settings.cache_dir, meter.name, devices)
    return cache.find(now, order.config.baseline.cache_ttl_seconds) is not None


def _attempt(problems: list[Problem], make: Callable[[], T]) -> T | None:
    try:
        return make()
    except ConfigError as error:
        problems.append(
            Problem(
                code="device_not_found",
                message=str(error),
                cure=error.cure or "`llem config` lists the devices.",
            )
        )
        return None
