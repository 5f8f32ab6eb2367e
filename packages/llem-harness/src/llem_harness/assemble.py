"""Last step before saving: a pure function from a run's parts to a result without silent gaps."""

from datetime import UTC, datetime

from llem_contracts import FlopsCounter
from llem_schema import (
    BackendRecord,
    ExperimentResult,
    FrozenDict,
    HostRecord,
    MeterRecord,
    ModelRecord,
    NotMeasured,
    WindowRecord,
    measurement_config_hash,
)

from llem_harness.figures import Figures, figures_of
from llem_harness.flops import shape_gaps
from llem_harness.gathered import Gathered
from llem_harness.remarks import notes_of, warnings_of
from llem_harness.temperature import temperature_drift_c
from llem_harness.warmup_record import warmup_gaps, warmup_result
from llem_harness.workload import provenance_gaps


def assemble(run: Gathered, counter: FlopsCounter) -> ExperimentResult:
    """Put the parts together with their figures; every None gets its reason."""
    config, loaded, reading = run.order.config, run.loaded, run.window.reading
    figures = figures_of(run, counter)
    energy = figures.energy
    return ExperimentResult(
        schema_version=1,
        experiment_id=run.order.experiment_id,
        measurement_config_hash=measurement_config_hash(config),
        config=config,
        effective_config=loaded.effective_config,
        model=_model_record(run),
        backend=BackendRecord(
            name=config.backend, version=run.backend_version, environment=loaded.environment
        ),
        measurement_methodology=figures.methodology.name,
        steady_state_window=figures.methodology.steady,
        window=_window_record(run),
        window_duration_s=reading.duration_s,
        passes=len(run.window.passes),
        energy_total_j=energy.energy_total_j,
        energy_uncertainty_j=energy.energy_uncertainty_j,
        energy_comparison_uncertainty_j=energy.energy_comparison_uncertainty_j,
        energy_adjusted_j=energy.energy_adjusted_j,
        energy_per_device_j=energy.energy_per_device_j,
        energy_host_j=figures.host.energy_host_j,
        energy_prefill_j=figures.phases.energy_prefill_j,
        energy_decode_j=figures.phases.energy_decode_j,
        energy_breakdown=energy.energy_breakdown,
        baseline_power_w=energy.baseline_power_w,
        input_tokens=run.input_tokens,
        output_tokens=run.output_tokens,
        padded_tokens=sum(request.padded_tokens for request in run.requests),
        discarded_tokens=sum(request.discarded_tokens for request in run.requests),
        requests=len(run.requests),
        output_tokens_per_s=run.output_tokens / reading.duration_s,
        output_tokens_per_s_interval=figures.spread.throughput,
        energy_per_output_token_j=energy.energy_per_output_token_j,
        energy_per_output_token_interval=figures.spread.energy,
        energy_per_total_token_j=energy.energy_per_total_token_j,
        energy_per_request_j=energy.energy_per_request_j,
        latency=figures.latency,
        flops=figures.flops.record,
        memory=run.memory,
        throttling=figures.throttling.record,
        warmup_result=warmup_result(config, run.warmup, run.heat, figures.cold_start),
        warmup_excluded_samples=run.warmup.requests,
        environment_snapshot=run.surroundings.snapshot,
        meter=_meter_record(run, figures.host.record),
        prompts=run.workload.record,
        timeseries=run.saving.timeseries if run.has_series else None,
        requests_file=run.saving.requests,
        carbon=figures.carbon.record,
        reproducibility_notes=notes_of(
            config,
            run.ready.meter,
            reading,
            figures.host.record,
            run.workload.record,
            run.requests,
            figures.methodology,
        ),
        measurement_warnings=warnings_of(
            config=config,
            preflight=run.ready.warnings,
            reading=reading,
            samples=len(run.samples),
            breakdown=energy.energy_breakdown,
            no_energy=run.ready.no_energy,
            baseline_missing=run.baseline.missing,
            warmup=run.warmup,
            heat=run.heat,
            methodology=figures.methodology,
            throttling=figures.throttling.record,
            temperature_drift_c=temperature_drift_c(run.samples),
            prompts=run.workload.record,
            dummy_weights=run.ready.plan.dummy_weights,
            compilations=run.window.compilations,
        ),
        not_measured=FrozenDict(dict(sorted((figures.missing() | _gaps(run, figures)).items()))),
        run_settings=run.order.settings,
        started_at=run.started_at,
        ended_at=run.ended_at,
    )


def _model_record(run: Gathered) -> ModelRecord:
    return ModelRecord(
        name=run.order.config.model,
        revision=run.order.config.revision,
        commit=run.loaded.commit,
        dummy_weights=run.ready.plan.dummy_weights,
        load_s=run.loaded.load_s,
        shape=run.loaded.shape,
    )


def _window_record(run: Gathered) -> WindowRecord:
    window = run.window
    return WindowRecord(
        start_ns=window.reading.start_ns,
        end_ns=window.reading.end_ns,
        anchor_monotonic_ns=window.anchor_monotonic_ns,
        anchor_wall=datetime.fromtimestamp(window.anchor_wall_ns / 1e9, tz=UTC),
    )


def _meter_record(run: Gathered, host: HostRecord | None) -> MeterRecord:
    choice, reading = run.ready.meter, run.window.reading
    of_devices = [flag for device in reading.devices for flag in device.flags]
    return MeterRecord(
        name=choice.name,
        version=choice.version,
        reason=choice.reason,
        rejected=choice.rejected,
        method=reading.method,
        scope=reading.scope,
        sample_period_s=run.sample_period_s,
        samples=len(run.samples),
        devices=tuple(device.uuid for device in reading.devices),
        flags=tuple(dict.fromkeys([*reading.flags, *of_devices])),
        host=host,
    )


def _gaps(run: Gathered, figures: Figures) -> dict[str, NotMeasured]:
    """Why what is no figure is None."""
    return {
        **run.surroundings.missing,
        **provenance_gaps(run.workload.record.provenance),
        **warmup_gaps(run.warmup, run.heat, figures.cold_start),
        **_model_gaps(run),
        **_series_gaps(run),
        **_memory_gaps(run),
    }


def _model_gaps(run: Gathered) -> dict[str, NotMeasured]:
    gaps = shape_gaps(run.loaded.shape)
    if run.order.config.revision is None:
        gaps["model.revision"] = NotMeasured(
            code="not_requested", reason="no revision was asked for"
        )
    if run.loaded.commit is None:
        gaps["model.commit"] = NotMeasured(
            code="not_applicable", reason="the model does not come from a hub"
        )
    return gaps


def _series_gaps(run: Gathered) -> dict[str, NotMeasured]:
    """Of the sidecar files, and of the meter that would fill one of them."""
    gaps = {}
    not_saved = NotMeasured(code="not_saved", reason="no output folder was given")
    no_series = NotMeasured(code="not_applicable", reason="the meter keeps no series")
    if run.sample_period_s is None:
        gaps["meter.sample_period_s"] = no_series
    if not run.has_series:
        silent = NotMeasured(
            code="sensor_failed", reason="the sensors gave no sample during the run"
        )
        why_none = no_series if run.sample_period_s is None else silent
        gaps["timeseries"] = run.ready.no_energy or why_none
    elif run.saving.timeseries is None:
        gaps["timeseries"] = not_saved
    if run.saving.requests is None:
        gaps["requests_file"] = not_saved
    return gaps


def _memory_gaps(run: Gathered) -> dict[str, NotMeasured]:
    if run.memory.device_memory_mib is not None:
        return {}
    reason = "the run's devices do not tell how much is in use"
    return {"memory.device_memory_mib": NotMeasured(code="not_applicable", reason=reason)}
