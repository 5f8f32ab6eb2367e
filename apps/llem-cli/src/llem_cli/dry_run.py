"""What `llem run --dry-run` shows."""

import json
from collections.abc import Iterator

import llem

from llem_cli.errors import problem_lines


def dry_run_lines(
    order: llem.WorkOrder, inspection: llem.Inspection, *, as_json: bool
) -> Iterator[str]:
    """The experiment as it would run: devices, meter, memory, shortest time, problems."""
    if as_json:
        yield json.dumps(_document(order, inspection), ensure_ascii=False)
        return
    config = order.config
    yield f"{config.model} on {config.backend}, {config.precision}, {config.n} prompts"
    yield f"Devices       {', '.join(d.uuid for d in inspection.devices) or 'not found'}"
    meter = inspection.meter
    yield f"Meter         {f'{meter.name} ({meter.reason})' if meter else 'none'}"
    memory = inspection.memory
    if memory is None:
        yield "Memory        not known: the model's shape does not tell"
    else:
        yield (
            f"Memory        at least {memory.total_mib:,.0f} MiB "
            f"({memory.weights_mib:,.0f} MiB of weights)"
        )
    yield f"Time          at least {_least_seconds(order, inspection):.0f} s, loading not counted"
    yield f"Results       {order.settings.results_dir}"
    blocking = tuple(problem for problem in inspection.problems if problem.blocking)
    others = tuple(problem for problem in inspection.problems if not problem.blocking)
    if others:
        yield "To know"
        yield from problem_lines(others)
    if blocking:
        yield "In the way"
        yield from problem_lines(blocking)
    else:
        yield "Nothing is in the way."


def _least_seconds(order: llem.WorkOrder, inspection: llem.Inspection) -> float:
    """What the protocol takes however fast the model is: baseline, look-back of heat, window."""
    config = order.config
    seconds = config.min_window_s
    if inspection.meter is not None and inspection.meter.descriptor.senses:
        if config.baseline.enabled:
            seconds += config.baseline.duration_seconds
        if config.warmup.thermal == "floor":
            seconds += config.warmup.thermal_floor_seconds
    return seconds


def _document(order: llem.WorkOrder, inspection: llem.Inspection) -> dict[str, object]:
    memory = inspection.memory
    return {
        "config": order.config.model_dump(mode="json"),
        "run_settings": order.settings.model_dump(mode="json"),
        "devices": [device.model_dump(mode="json") for device in inspection.devices],
        "meter": inspection.meter.name if inspection.meter else None,
        "meter_reason": inspection.meter.reason if inspection.meter else None,
        "memory_estimate": memory.model_dump(mode="json") if memory else None,
        "time_at_least_s": _least_seconds(order, inspection),
        "problems": [
            {
                "code": problem.code,
                "message": problem.message,
                "cure": problem.cure,
                "blocking": problem.blocking,
            }
            for problem in inspection.problems
        ],
    }
