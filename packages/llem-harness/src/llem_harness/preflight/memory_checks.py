"""Whether the model fits."""

from collections.abc import Mapping, Sequence

from llem_contracts import BackendPlan, DeviceState, FlopsCounter, NotSupported, Problem
from llem_schema import DeviceFacts, ExperimentConfig, HostFacts, MemoryEstimate


def memory_estimate(
    config: ExperimentConfig, plan: BackendPlan, counter: FlopsCounter
) -> MemoryEstimate | None:
    """For prompts of `max_input_tokens`, or of no length where that is open: a lower bound.

    None where the model's shape does not tell.
    """
    if plan.shape is None:
        return None
    input_length = config.max_input_tokens or 0
    try:
        return counter.memory(
            plan.shape,
            config.precision,
            plan.batch_size,
            input_length + config.max_output_tokens,
            input_length=input_length,
        )
    except NotSupported:
        return None


def memory_problems(
    memory: MemoryEstimate, devices: Sequence[DeviceFacts], states: Mapping[str, DeviceState]
) -> tuple[Problem, ...]:
    """That the model needs more than is free on its devices, where all of them tell that."""
    free = [states[device.uuid].free_memory_mib for device in devices]
    known = [mib for mib in free if mib is not None]
    if len(known) < len(free) or memory.total_mib <= sum(known):
        return ()
    return (
        Problem(
            code="not_enough_memory",
            message=(
                f"the model needs at least {memory.total_mib:,.0f} MiB and "
                f"{sum(known):,.0f} MiB are free on {', '.join(d.uuid for d in devices)}"
                f"{_limited(devices)}"
            ),
            cure="Free memory, lower the batch size or the precision, or take a smaller model.",
        ),
    )


def _limited(devices: Sequence[DeviceFacts]) -> str:
    """That this process may not have all memory of the machine, where that is so."""
    for device in devices:
        if isinstance(device, HostFacts):
            total_mib, limit_mib = device.memory_total_mib, device.memory_limit_mib
            if total_mib is not None and limit_mib is not None and limit_mib < total_mib:
                return (
                    f", where control groups allow {limit_mib:,.0f} of the machine's "
                    f"{total_mib:,.0f} MiB"
                )
    return ""
