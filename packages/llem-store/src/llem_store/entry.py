"""What a catalogue says of one run, from its document."""

import dataclasses
from pathlib import Path

from llem_contracts import CatalogueEntry
from llem_schema import (
    ENERGY_ESTIMATED,
    HOST_ID,
    ExperimentConfig,
    ExperimentResult,
    RunState,
    measurement_config_hash,
)

from llem_store.partial import PartialRecord


def entry_of_result(path: Path, result: ExperimentResult) -> CatalogueEntry:
    """A complete run."""
    breakdown, itl = result.energy_breakdown, result.latency.itl
    return CatalogueEntry(
        path=path,
        state="complete",
        experiment_id=result.experiment_id,
        measurement_config_hash=result.measurement_config_hash,
        model=result.model.name,
        backend=result.backend.name,
        precision=result.config.precision,
        batch_size=_whole(result.effective_config.get("batch_size"), result.config),
        dataset=result.config.dataset_config.source,
        n=result.config.n,
        max_output_tokens=result.config.max_output_tokens,
        devices=_device_names(result),
        meter=result.meter.name,
        started_at=result.started_at,
        ended_at=result.ended_at,
        window_duration_s=result.window_duration_s,
        output_tokens=result.output_tokens,
        output_tokens_per_s=result.output_tokens_per_s,
        energy_total_j=result.energy_total_j,
        energy_uncertainty_j=result.energy_uncertainty_j,
        energy_comparison_uncertainty_j=result.energy_comparison_uncertainty_j,
        energy_adjusted_j=result.energy_adjusted_j,
        energy_adjusted_uncertainty_j=breakdown.adjusted_uncertainty_j if breakdown else None,
        energy_per_output_token_j=result.energy_per_output_token_j,
        energy_per_output_token_uncertainty_j=_per_output_token(
            result, result.energy_uncertainty_j
        ),
        energy_per_output_token_comparison_uncertainty_j=_per_output_token(
            result, result.energy_comparison_uncertainty_j
        ),
        energy_estimated=None
        if result.energy_total_j is None
        else ENERGY_ESTIMATED in result.meter.flags,
        ttft_p50_ms=result.latency.ttft.p50_ms,
        itl_p50_ms=None if itl is None else itl.p50_ms,
        peak_memory_mib=result.memory.peak_memory_mib,
        warnings=tuple(warning.code for warning in result.measurement_warnings),
    )


def entry_of_partial(path: Path, left: PartialRecord) -> CatalogueEntry:
    """A run that ended without a result."""
    return dataclasses.replace(
        _of_config(path, left.config),
        state="partial",
        reason=left.reason,
        experiment_id=left.experiment_id,
        started_at=left.started_at,
        ended_at=left.ended_at,
    )


def entry_of_unfinished(path: Path, state: RunState | None, reason: str) -> CatalogueEntry:
    """A run that was killed, or is still going on; `state` where the folder tells it."""
    if state is None:
        return CatalogueEntry(path=path, state="unfinished", reason=reason)
    return dataclasses.replace(
        _of_config(path, state.order.config),
        reason=reason,
        experiment_id=state.order.experiment_id,
        started_at=state.started_at,
    )


def _of_config(path: Path, config: ExperimentConfig) -> CatalogueEntry:
    """What the config of a run says before there is a result."""
    return CatalogueEntry(
        path=path,
        state="unfinished",
        measurement_config_hash=measurement_config_hash(config),
        model=config.model,
        backend=config.backend,
        precision=config.precision,
        batch_size=_whole(None, config),
        dataset=config.dataset_config.source,
        n=config.n,
        max_output_tokens=config.max_output_tokens,
    )


def _per_output_token(result: ExperimentResult, joules: float | None) -> float | None:
    return joules / result.output_tokens if joules is not None and result.output_tokens else None


def _whole(resolved: object, config: ExperimentConfig) -> int | None:
    """The batch size that the backend resolved, else the one that was asked for."""
    if isinstance(resolved, int) and not isinstance(resolved, bool):
        return resolved
    return config.pytorch.batch_size if config.pytorch is not None else None


def _device_names(result: ExperimentResult) -> tuple[str, ...]:
    seen = result.environment_snapshot
    names = {gpu.uuid: gpu.name for gpu in seen.gpus} | {HOST_ID: seen.cpu.name}
    return tuple(names.get(uuid) or uuid for uuid in result.meter.devices)
