"""Whether the model fits."""

from collections.abc import Mapping, Sequence

from llem_contracts import BackendPlan, DeviceState, FlopsCounter, NotSupported, Problem
from llem_schema import (
    DeviceFacts,
    ExperimentConfig,
    HostFacts,
    MemoryEstimate,
    ModelShape,
    WeightBits,
)


def memory_estimate(
    config: ExperimentConfig,
    plan: BackendPlan,
    counter: FlopsCounter,
    input_tokens: int | None = None,
) -> MemoryEstimate | None:
    """Of all copies of the model together, for prompts of `input_tokens`, else of
    `max_input_tokens`, or of no length where both are open: a lower bound. An assistant that drafts
    tokens is in it.

    None where the shapes do not tell.
    """
    if plan.shape is None:
        return None
    input_length = input_tokens or config.max_input_tokens or 0
    length = input_length + config.max_output_tokens

    def alone(shape: ModelShape, weight_bits: WeightBits | None) -> MemoryEstimate:
        return counter.memory(
            shape,
            config.precision,
            plan.batch_size,
            length,
            input_length=input_length,
            weight_bits=weight_bits,
        )

    try:
        one = alone(plan.shape, plan.weight_bits)
        if plan.assistant_shape is not None:
            one = _in_turn(one, alone(plan.assistant_shape, None))
    except NotSupported:
        return None
    if plan.replicas == 1:
        return one
    # on the CPU copies may read a checkpoint in place, and then have its pages together
    together = 1 if plan.devices == ("cpu",) else plan.replicas
    parts = {
        name: None if mib is None else plan.replicas * mib for name, mib in one.model_dump().items()
    }
    weights_mib, beside_mib = together * one.weights_mib, one.total_mib - one.weights_mib
    total_mib = weights_mib + plan.replicas * beside_mib
    return one.model_copy(update=parts | {"weights_mib": weights_mib, "total_mib": total_mib})


def _in_turn(model: MemoryEstimate, assistant: MemoryEstimate) -> MemoryEstimate:
    """Of two models that compute in turn: each keeps its weights, keys and values, and the larger
    of their steps decides. What one of them does not tell, both do not."""
    weights_mib = model.weights_mib + assistant.weights_mib
    caches = (model.kv_cache_mib, assistant.kv_cache_mib)
    steps = (model.activations_mib, assistant.activations_mib)
    known_caches = [mib for mib in caches if mib is not None]
    known_steps = [mib for mib in steps if mib is not None]
    return MemoryEstimate(
        weights_mib=weights_mib,
        kv_cache_mib=sum(known_caches) if len(known_caches) == len(caches) else None,
        activations_mib=max(known_steps) if len(known_steps) == len(steps) else None,
        total_mib=weights_mib + sum(known_caches) + max(known_steps, default=0.0),
    )


def memory_problems(
    memory: MemoryEstimate,
    devices: Sequence[DeviceFacts],
    states: Mapping[str, DeviceState],
    replicas: int = 1,
) -> tuple[Problem, ...]:
    """That more is needed than is free on the devices, where all of them tell that.

    One copy of the model may be spread over its devices in any way. Of several, each device holds
    as many, and the fullest device decides.
    """
    free = [states[device.uuid].free_memory_mib for device in devices]
    known = [mib for mib in free if mib is not None]
    if len(known) < len(free):
        return ()
    if replicas == 1:
        needed_mib, free_mib = memory.total_mib, sum(known)
        what, where = "the model needs", ", ".join(d.uuid for d in devices)
        cure = "Free memory, lower the batch size or the precision, or take a smaller model."
    else:
        needed_mib, free_mib = memory.total_mib / len(devices), min(known)
        what = f"the model's {replicas} copies need, on each device,"
        where = devices[known.index(free_mib)].uuid
        cure = (
            "Free memory, lower the number of processes, the batch size or the precision, or take "
            "a smaller model."
        )
    if needed_mib <= free_mib:
        return ()
    return (
        Problem(
            code="not_enough_memory",
            message=f"{what} at least {needed_mib:,.0f} MiB and {free_mib:,.0f} MiB are free on "
            f"{where}{_limited(devices)}",
            cure=cure,
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
