"""A sound result, as a run without a sensor on a CPU gives it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from llem_schema import (
    SCHEMA_VERSION,
    BackendRecord,
    EnvironmentSnapshot,
    ExperimentConfig,
    ExperimentResult,
    HeatRecord,
    HostFacts,
    Latency,
    MemoryUsage,
    MeterRecord,
    ModelRecord,
    ModelShape,
    NotMeasured,
    Percentiles,
    PromptProvenance,
    PromptsRecord,
    RunSettings,
    TokenLengths,
    WarmupResult,
    WindowRecord,
    measurement_config_hash,
)

NO_SENSOR = NotMeasured(code="no_sensor", reason="no sensor can be read")
NOT_APPLICABLE = NotMeasured(code="not_applicable", reason="a CPU run of a built-in model")
NOT_SAVED = NotMeasured(code="not_saved", reason="no output folder was given")

REASONS = {
    "steady_state_window": NOT_APPLICABLE,
    "model.revision": NOT_APPLICABLE,
    "model.commit": NOT_APPLICABLE,
    "model.shape.dimensions": NOT_APPLICABLE,
    "model.shape.counted_parameters": NOT_APPLICABLE,
    "model.shape.counted_embedding_parameters": NOT_APPLICABLE,
    "model.shape.experts_per_layer": NOT_APPLICABLE,
    "backend.environment.cuda": NOT_APPLICABLE,
    "energy_total_j": NO_SENSOR,
    "energy_uncertainty_j": NO_SENSOR,
    "energy_comparison_uncertainty_j": NO_SENSOR,
    "energy_adjusted_j": NO_SENSOR,
    "energy_per_device_j": NO_SENSOR,
    "energy_breakdown": NO_SENSOR,
    "baseline_power_w": NO_SENSOR,
    "energy_per_output_token_j": NO_SENSOR,
    "energy_per_total_token_j": NO_SENSOR,
    "energy_per_request_j": NO_SENSOR,
    "latency.itl": NOT_APPLICABLE,
    "flops": NOT_APPLICABLE,
    "memory.device_memory_mib": NOT_APPLICABLE,
    "warmup_result.converged": NOT_APPLICABLE,
    "warmup_result.final_cv": NOT_APPLICABLE,
    "warmup_result.target_cv": NOT_APPLICABLE,
    "warmup_result.max_prompts": NOT_APPLICABLE,
    "warmup_result.heat.settled": NO_SENSOR,
    "environment_snapshot.cuda_version": NOT_APPLICABLE,
    "environment_snapshot.cuda_version_source": NOT_APPLICABLE,
    "environment_snapshot.driver_version": NOT_APPLICABLE,
    "environment_snapshot.cpu.name": NOT_APPLICABLE,
    "meter.sample_period_s": NO_SENSOR,
    "prompts.provenance.revision": NOT_APPLICABLE,
    "timeseries": NO_SENSOR,
    "requests_file": NOT_SAVED,
}


@pytest.fixture(scope="session")
def result() -> ExperimentResult:
    """Every field that may be None is None, and explained."""
    config = ExperimentConfig(model="builtin:tiny", n=2)
    milliseconds = Percentiles(
        mean_ms=2.0, p50_ms=2.0, p90_ms=2.0, p95_ms=2.0, p99_ms=2.0, samples=2
    )
    moment = datetime(2026, 11, 23, 14, 30, 5, tzinfo=UTC)
    fields: dict[str, Any] = {name: None for name in REASONS if "." not in name}
    return ExperimentResult(
        **fields,
        schema_version=SCHEMA_VERSION,
        experiment_id="tiny",
        measurement_config_hash=measurement_config_hash(config),
        config=config,
        effective_config={"device": "cpu", "threads": None},
        model=ModelRecord(
            name="builtin:tiny",
            revision=None,
            commit=None,
            dummy_weights=True,
            shape=ModelShape(
                architecture="llama",
                dimensions=None,
                counted_parameters=None,
                counted_embedding_parameters=None,
            ),
        ),
        backend=BackendRecord(name="pytorch", version="0.1.0", environment={"cuda": None}),
        measurement_methodology="total",
        window=WindowRecord(
            start_ns=0, end_ns=2_000_000_000, anchor_monotonic_ns=0, anchor_wall=moment
        ),
        window_duration_s=2.0,
        passes=1,
        input_tokens=8,
        output_tokens=16,
        padded_tokens=0,
        discarded_tokens=0,
        requests=2,
        output_tokens_per_s=8.0,
        latency=Latency(ttft=milliseconds, itl=None, e2e=milliseconds),
        memory=MemoryUsage(
            weights_mib=1.0,
            model_memory_mib=1.0,
            peak_memory_mib=2.0,
            inference_memory_mib=1.0,
            device_memory_mib=None,
            source="resident_set",
        ),
        warmup_result=WarmupResult(
            converged=None,
            final_cv=None,
            iterations_completed=0,
            target_cv=None,
            max_prompts=None,
            latencies_ms=(),
            duration_s=0.0,
            heat=HeatRecord(mode="off", settled=None, duration_s=0.0, note="switched off"),
        ),
        warmup_excluded_samples=0,
        environment_snapshot=EnvironmentSnapshot(
            python_version="3.11.7",
            operating_system="Linux",
            hostname="node",
            cuda_version=None,
            cuda_version_source=None,
            driver_version=None,
            gpus=(),
            cpu=HostFacts(name=None, logical_cores=2, usable_cores=2, memory_total_mib=1024.0),
            packages={"torch": "2.13.0"},
            llem_packages={"llem-schema": "0.1.0"},
        ),
        meter=MeterRecord(
            name="none",
            version="0.1.0",
            reason="no sensor can be read",
            rejected={"nvml": "there is no driver"},
            method="none",
            scope="none",
            sample_period_s=None,
            samples=0,
            devices=("host",),
            flags=(),
        ),
        prompts=PromptsRecord(
            provenance=PromptProvenance(
                source="builtin",
                name="builtin",
                revision=None,
                sha256="0" * 64,
                available=200,
                repeated=False,
            ),
            n=2,
            truncated=0,
            input_tokens=TokenLengths(minimum=4, mean=4.0, p50=4.0, p95=4.0, maximum=4),
        ),
        reproducibility_notes=["no energy was measured"],
        measurement_warnings=(),
        not_measured=REASONS,
        run_settings=RunSettings(),
        started_at=moment,
        ended_at=moment,
    )
