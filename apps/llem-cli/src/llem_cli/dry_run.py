"""What `llem run --dry-run` shows."""

import json
from collections.abc import Iterator
from dataclasses import asdict

import llem
from llem_schema import MemoryEstimate

from llem_cli.layout import row
from llem_cli.problems import report_lines

_MIB = 2**20


def dry_run_lines(
    order: llem.WorkOrder, inspection: llem.Inspection, *, as_json: bool
) -> Iterator[str]:
    """The experiment as it would run: devices, meter, memory, shortest time, problems."""
    if as_json:
        yield json.dumps(_document(order, inspection), ensure_ascii=False)
        return
    config = order.config
    yield f"{config.model} on {config.backend}, {config.precision}, {config.n} prompts"
    yield row("Devices", ", ".join(d.uuid for d in inspection.devices) or "not found")
    meter = inspection.meter
    yield row("Meter", f"{meter.name} ({meter.reason})" if meter else "none")
    if inspection.plan.download_bytes:
        yield row("Download", f"{inspection.plan.download_bytes / _MIB:,.0f} MiB")
    yield row("Memory", _memory(inspection.memory, inspection.plan.replicas))
    if inspection.memory is not None and inspection.memory_input_tokens is None:
        yield row("", "not counted: the prompts, whose lengths are not known yet")
    time = inspection.time
    parts = ", ".join(f"{part.name} {part.at_least_s:.0f} s" for part in time.parts)
    yield row("Time", f"at least {time.at_least_s:.0f} s: {parts}")
    yield row("", f"not counted: {', '.join(time.not_counted)}")
    yield row("Results", str(order.settings.results_dir))
    yield from report_lines(inspection.problems)


def _memory(memory: MemoryEstimate | None, replicas: int) -> str:
    if memory is None:
        return "not known: the model's shape does not tell"
    parts = [f"weights {_mib(memory.weights_mib)}"]
    if memory.kv_cache_mib is not None:
        parts.append(f"keys and values {_mib(memory.kv_cache_mib)}")
    if memory.activations_mib is not None:
        parts.append(f"a step {_mib(memory.activations_mib)}")
    copies = f" for {replicas} copies" if replicas > 1 else ""
    return f"at least {_mib(memory.total_mib)}{copies}: {', '.join(parts)}"


def _mib(value: float) -> str:
    return f"{value:,.0f} MiB" if value >= 100 else f"{value:.3g} MiB"


def _document(order: llem.WorkOrder, inspection: llem.Inspection) -> dict[str, object]:
    memory, time = inspection.memory, inspection.time
    return {
        "config": order.config.model_dump(mode="json"),
        "run_settings": order.settings.model_dump(mode="json"),
        "devices": [device.model_dump(mode="json") for device in inspection.devices],
        "meter": inspection.meter.name if inspection.meter else None,
        "meter_reason": inspection.meter.reason if inspection.meter else None,
        "download_bytes": inspection.plan.download_bytes,
        "replicas": inspection.plan.replicas,
        "memory_estimate": memory.model_dump(mode="json") if memory else None,
        "memory_input_tokens": inspection.memory_input_tokens,
        "time_at_least_s": time.at_least_s,
        "time_parts_s": {part.name: part.at_least_s for part in time.parts},
        "time_not_counted": list(time.not_counted),
        "problems": [asdict(problem) for problem in inspection.problems],
    }
