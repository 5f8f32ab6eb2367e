"""Last step before saving: a pure function from named parts to a result without silent gaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from llem_contracts import FlopsCounter, MeterChoice, Sample
from llem_schema import (
    BackendRecord,
    ExperimentResult,
    FrozenDict,
    HeatRecord,
    HostRecord,
    JsonObject,
    MemoryUsage,
    MeterRecord,
    ModelRecord,
    ModelShape,
    NotMeasured,
    WindowRecord,
    WorkOrder,
    measurement_config_hash,
)

from llem_harness.baseline import Baseline
from llem_harness.carbon import EnergyShare, carbon_figures
from llem_harness.cold_start import cold_start_of
from llem_harness.energy import EnergyFigures, energy_figures
from llem_harness.environment import Surroundings
from llem_harness.flops import flops_figures, shape_gaps
from llem_harness.host import HostFigures, host_figures, runs_on_host
from llem_harness.latency import latency_gaps, latency_of
from llem_harness.latency_pass import LatencyPass
from llem_harness.methodology import methodology_of
from llem_harness.prefill import PrefillWindow, phase_figures
from llem_harness.preflight import Readiness
from llem_harness.remarks import notes_of, warnings_of
from llem_harness.spread import spread_of
from llem_harness.temperature import temperature_drift_c
from llem_harness.throttling import throttling_figures
from llem_harness.warmup import Warmup
from llem_harness.warmup_record import warmup_gaps, warmup_result
from llem_harness.window import MeasuredWindow
from llem_harness.workload import Workload, provenance_gaps


@dataclass(frozen=True)
class Saving:
    """Names of the sidecar files; None where nothing is saved."""

    timeseries: str | None
    requests: str | None


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What is known of the loaded model."""

    commit: str | None
    shape: ModelShape
    effective_config: JsonObject
    environment: JsonObject
    load_s: float


def assemble(
    *,
    order: WorkOrder,
    ready: Readiness,
    backend_version: str,
    surroundings: Surroundings,
    baseline: Baseline,
    loaded: Loaded,
    workload: Workload,
    warmup: Warmup,
    heat: HeatRecord,
    window: MeasuredWindow,
    prefill: PrefillWindow,
    timed: LatencyPass | None,
    no_host: NotMeasured | None,
    memory: MemoryUsage,
    flops_counter: FlopsCounter,
    sample_period_s: float | None,
    samples: Sequence[Sample],
    has_series: bool,
    saving: Saving,
    started_at: datetime,
    ended_at: datetime,
) -> ExperimentResult:
    """Put the parts together; every None gets its reason."""
    config = order.config
    requests = window.requests
    input_tokens = sum(request.input_tokens for request in requests)
    output_tokens = sum(request.output_tokens for request in requests)
    reading = window.reading
    phases = phase_figures(window, prefill)
    energy = energy_figures(
        reading,
        baseline,
        ready.no_energy,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        requests=len(requests),
        phases=phases.record,
    )
    if runs_on_host(ready.devices):
        host = host_figures(reading, ready.meter, energy.missing.get("energy_total_j"))
    else:
        host = host_figures(window.host, ready.host.choice, no_host)
    carbon = carbon_figures(
        order.settings,
        _energy_shares(energy, host, on_host=runs_on_host(ready.devices)),
        energy.missing.get("energy_total_j"),
        output_tokens=output_tokens,
    )
    latency = latency_of(window.passes if timed is None else (timed.requests,))
    if timed is not None:
        latency = latency.model_copy(
            update={"mode": "separate", "overhead_share": timed.overhead_share}
        )
    cold_start = cold_start_of(config, loaded.load_s, window)
    throttling = throttling_figures(reading, ready.meter.name, ready.no_energy)
    missing = energy.missing | phases.missing | host.missing | throttling.missing
    missing |= carbon.missing
    methodology = methodology_of(config, reading, samples)
    missing |= methodology.missing
    spread = spread_of(
        window.passes, reading.start_ns, reading.end_ns, energy, samples, sample_period_s
    )
    missing |= spread.missing
    flops = flops_figures(
        flops_counter,
        loaded.shape,
        requests,
        ready.devices,
        precision=config.precision,
        duration_s=reading.duration_s,
    )
    missing |= flops.missing
    if latency.overhead_share is None:
        missing["latency.overhead_share"] = NotMeasured(
            code="not_requested", reason="the times of the steps were taken in the window"
        )
    missing |= latency_gaps(latency)
    no_series = NotMeasured(code="not_applicable", reason="the meter keeps no series")
    if not has_series:
        missing["timeseries"] = ready.no_energy or (
            no_series
            if sample_period_s is None
            else NotMeasured(
                code="sensor_failed", reason="the sensors gave no sample during the run"
            )
        )
    elif saving.timeseries is None:
        missing["timeseries"] = _not_saved()
    if saving.requests is None:
        missing["requests_file"] = _not_saved()
    missing |= _model_gaps(order, loaded)
    missing |= surroundings.missing
    missing |= provenance_gaps(workload.record.provenance)
    missing |= warmup_gaps(warmup, heat, cold_start)
    if memory.device_memory_mib is None:
        missing["memory.device_memory_mib"] = NotMeasured(
            code="not_applicable", reason="the run's devices do not tell how much is in use"
        )
    if sample_period_s is None:
        missing["meter.sample_period_s"] = no_series
    return ExperimentResult(
        schema_version=1,
        experiment_id=order.experiment_id,
        measurement_config_hash=measurement_config_hash(config),
        config=config,
        effective_config=loaded.effective_config,
        model=ModelRecord(
            name=config.model,
            revision=config.revision,
            commit=loaded.commit,
            dummy_weights=ready.plan.dummy_weights,
            load_s=loaded.load_s,
            shape=loaded.shape,
        ),
        backend=BackendRecord(
            name=config.backend, version=backend_version, environment=loaded.environment
        ),
        measurement_methodology=methodology.name,
        steady_state_window=methodology.steady,
        window=WindowRecord(
            start_ns=reading.start_ns,
            end_ns=reading.end_ns,
            anchor_monotonic_ns=window.anchor_monotonic_ns,
            anchor_wall=datetime.fromtimestamp(window.anchor_wall_ns / 1e9, tz=UTC),
        ),
        window_duration_s=reading.duration_s,
        passes=len(window.passes),
        energy_total_j=energy.energy_total_j,
        energy_uncertainty_j=energy.energy_uncertainty_j,
        energy_comparison_uncertainty_j=energy.energy_comparison_uncertainty_j,
        energy_adjusted_j=energy.energy_adjusted_j,
        energy_per_device_j=energy.energy_per_device_j,
        energy_host_j=host.energy_host_j,
        energy_prefill_j=phases.energy_prefill_j,
        energy_decode_j=phases.energy_decode_j,
        energy_breakdown=energy.energy_breakdown,
        baseline_power_w=energy.baseline_power_w,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        padded_tokens=sum(request.padded_tokens for request in requests),
        discarded_tokens=sum(request.discarded_tokens for request in requests),
        requests=len(requests),
        output_tokens_per_s=output_tokens / reading.duration_s,
        output_tokens_per_s_interval=spread.throughput,
        energy_per_output_token_j=energy.energy_per_output_token_j,
        energy_per_output_token_interval=spread.energy,
        energy_per_total_token_j=energy.energy_per_total_token_j,
        energy_per_request_j=energy.energy_per_request_j,
        latency=latency,
        flops=flops.record,
        memory=memory,
        throttling=throttling.record,
        warmup_result=warmup_result(order.config, warmup, heat, cold_start),
        warmup_excluded_samples=warmup.requests,
        environment_snapshot=surroundings.snapshot,
        meter=_meter_record(ready.meter, window, host.record, sample_period_s, len(samples)),
        prompts=workload.record,
        timeseries=saving.timeseries if has_series else None,
        requests_file=saving.requests,
        carbon=carbon.record,
        reproducibility_notes=notes_of(
            config, ready.meter, reading, host.record, workload.record, requests, methodology
        ),
        measurement_warnings=warnings_of(
            config=config,
            preflight=ready.warnings,
            reading=reading,
            samples=len(samples),
            breakdown=energy.energy_breakdown,
            no_energy=ready.no_energy,
            baseline_missing=baseline.missing,
            heat=heat,
            methodology=methodology,
            throttling=throttling.record,
            temperature_drift_c=temperature_drift_c(samples),
            prompts=workload.record,
            dummy_weights=ready.plan.dummy_weights,
            compilations=window.compilations,
        ),
        not_measured=FrozenDict(dict(sorted(missing.items()))),
        run_settings=order.settings,
        started_at=started_at,
        ended_at=ended_at,
    )


def _energy_shares(
    energy: EnergyFigures, host: HostFigures, *, on_host: bool
) -> tuple[EnergyShare, ...]:
    """Whose gross energy there is; in a run on the CPU the total is the host's."""
    shares = []
    if energy.energy_total_j is not None:
        whose = "host" if on_host else "accelerators"
        shares.append(EnergyShare(whose, energy.energy_total_j, energy.energy_uncertainty_j))
    if not on_host and host.energy_host_j is not None and host.record is not None:
        shares.append(EnergyShare("host", host.energy_host_j, host.record.uncertainty_j))
    return tuple(shares)


def _meter_record(
    choice: MeterChoice,
    window: MeasuredWindow,
    host: HostRecord | None,
    sample_period_s: float | None,
    window_samples: int,
) -> MeterRecord:
    reading = window.reading
    return MeterRecord(
        name=choice.name,
        version=choice.version,
        reason=choice.reason,
        rejected=choice.rejected,
        method=reading.method,
        scope=reading.scope,
        sample_period_s=sample_period_s,
        samples=window_samples,
        devices=tuple(device.uuid for device in reading.devices),
        flags=tuple(
            dict.fromkeys([*reading.flags, *(f for d in reading.devices for f in d.flags)])
        ),
        host=host,
    )


def _model_gaps(order: WorkOrder, loaded: Loaded) -> dict[str, NotMeasured]:
    gaps: dict[str, NotMeasured] = {}
    if order.config.revision is None:
        gaps["model.revision"] = NotMeasured(
            code="not_requested", reason="no revision was asked for"
        )
    if loaded.commit is None:
        gaps["model.commit"] = NotMeasured(
            code="not_applicable", reason="the model does not come from a hub"
        )
    return gaps | shape_gaps(loaded.shape)


def _not_saved() -> NotMeasured:
    return NotMeasured(code="not_saved", reason="no output folder was given")
