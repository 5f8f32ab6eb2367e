"""Whole results to test with: one in which everything was measured, one without a sensor."""

from datetime import UTC, datetime
from typing import Any, Literal

from llem_schema import (
    BackendRecord,
    BaselineRecord,
    CarbonRecord,
    ColdStart,
    DeviceThrottling,
    EnergyBreakdown,
    EnergyInterval,
    ExperimentResult,
    FlopsResult,
    FrozenDict,
    HeatRecord,
    HostRecord,
    IntervalBasis,
    MeasurementWarning,
    MemoryUsage,
    MeterRecord,
    ModelRecord,
    NotMeasured,
    PhaseEnergy,
    PromptProvenance,
    PromptsRecord,
    RunSettings,
    SteadyStateWindow,
    ThrottlingRecord,
    ThroughputInterval,
    TokenLengths,
    WarmupResult,
    WindowRecord,
    measurement_config_hash,
    none_paths,
)

from llem_testing.cases import example_accelerator, example_config, example_shape
from llem_testing.environment_case import example_environment
from llem_testing.latency_case import example_latency

_STARTED = datetime(2026, 11, 23, 14, 30, 5, tzinfo=UTC)
_WINDOW_S = 2.0
_IDLE_W = 40.0
_RESIDENT_W = 1.2 * _IDLE_W
_TOTAL_J = 200.0
_PREFILL_J = 75.0
_PACKAGE_J, _DRAM_J = 80.0, 12.0
_REQUESTS, _INPUT_TOKENS, _OUTPUT_TOKENS = 8, 96, 32
_BASIS = IntervalBasis(level=0.95, method="ratio", over="batches", parts=_REQUESTS)

_DENSE_GAPS = (
    "model.shape.dimensions.sliding_window",
    "model.shape.dimensions.experts",
    "model.shape.experts_per_layer",
    "model.shape.active_experts_per_layer",
    "model.shape.counted_expert_parameters",
)
"""What is None in a result of a dense model without a sliding window."""


def example_result(**overrides: Any) -> ExperimentResult:
    """A result with every field filled; its figures agree with one another.

    2 s at 100 W on one GPU whose idle power is 40 W, beside a host at 46 W. Only what a dense model
    does not have is None. `overrides` by field name, validated like the rest.
    """
    config = example_config(
        model="builtin:tiny", passthrough_kwargs={"use_cache": True, "limits": [1, None, 0.5]}
    )
    accelerator = example_accelerator()
    fields: dict[str, Any] = {
        "schema_version": 1,
        "experiment_id": "example-0001",
        "measurement_config_hash": measurement_config_hash(config),
        "config": config,
        "effective_config": {"batch_size": 4, "dtype": "bfloat16", "eos": [0, None], "scale": 0.1},
        "model": ModelRecord(
            name="builtin:tiny",
            revision="main",
            commit="0123456789abcdef0123456789abcdef01234567",
            dummy_weights=True,
            load_s=1.75,
            shape=example_shape(),
        ),
        "backend": BackendRecord(
            name="scripted", version="0.1.0", environment=FrozenDict({"engine": "scripted"})
        ),
        "measurement_methodology": "steady_state",
        "steady_state_window": SteadyStateWindow(
            start_ns=5_000_000_000, end_ns=7_000_000_000, power_cv=0.01, temperature_drift_c=0.5
        ),
        "window": WindowRecord(
            start_ns=5_000_000_000,
            end_ns=7_000_000_000,
            anchor_monotonic_ns=4_999_000_000,
            anchor_wall=_STARTED,
        ),
        "window_duration_s": _WINDOW_S,
        "passes": 1,
        "input_tokens": _INPUT_TOKENS,
        "output_tokens": _OUTPUT_TOKENS,
        "padded_tokens": 12,
        "discarded_tokens": 3,
        "requests": _REQUESTS,
        "output_tokens_per_s": _OUTPUT_TOKENS / _WINDOW_S,
        "output_tokens_per_s_interval": ThroughputInterval(
            basis=_BASIS,
            lower_tokens_per_s=0.98 * _OUTPUT_TOKENS / _WINDOW_S,
            upper_tokens_per_s=1.02 * _OUTPUT_TOKENS / _WINDOW_S,
        ),
        "latency": example_latency(_REQUESTS, _OUTPUT_TOKENS),
        "flops": _flops(),
        "memory": MemoryUsage(
            weights_mib=12.5,
            model_memory_mib=16.0,
            peak_memory_mib=20.25,
            inference_memory_mib=4.25,
            device_memory_mib=1024.0,
            source="allocator",
        ),
        "warmup_result": WarmupResult(
            converged=True,
            final_cv=0.01,
            iterations_completed=3,
            target_cv=0.05,
            max_prompts=20,
            latencies_ms=(51.0, 50.0, 50.5),
            duration_s=0.1515,
            heat=HeatRecord(
                mode="plateau", settled=True, duration_s=12.0, note="steady under load"
            ),
            cold_start=ColdStart(time_to_first_token_s=1.95, first_request_s=0.35),
        ),
        "warmup_excluded_samples": 3,
        "environment_snapshot": example_environment(accelerator),
        "prompts": PromptsRecord(
            provenance=PromptProvenance(
                source="hub",
                name="ai-energy-score",
                revision="0" * 40,
                sha256="0" * 64,
                available=1000,
                repeated=False,
                repository="AIEnergyScore/text_generation",
                split="train",
                column="text",
            ),
            n=_REQUESTS,
            truncated=0,
            input_tokens=TokenLengths(
                minimum=5, mean=12.0, p05=6.0, p25=9.0, p50=12.0, p75=15.0, p95=18.0, maximum=19
            ),
        ),
        "timeseries": "timeseries.parquet",
        "requests_file": "requests.parquet",
        "reproducibility_notes": ("Energy was read by the meter scripted.",),
        "measurement_warnings": (
            MeasurementWarning(code="short_window", message="The window lasted 2 s."),
        ),
        "not_measured": {
            path: NotMeasured(code="not_applicable", reason="the model is dense")
            for path in _DENSE_GAPS
        },
        "run_settings": RunSettings(results_dir="results", origins=FrozenDict({"n": "flag"})),
        "started_at": _STARTED,
        "ended_at": datetime(2026, 11, 23, 14, 30, 47, 250_000, tzinfo=UTC),
    }
    return ExperimentResult.model_validate(fields | _energy(accelerator.uuid) | overrides)


def example_unmetered_result(**overrides: Any) -> ExperimentResult:
    """A result without a sensor: no energy, no series, each None explained."""
    whole = example_result()
    fields: dict[str, Any] = {
        name: None for name in (*_energy(""), "timeseries") if name != "meter"
    }
    fields["meter"] = MeterRecord(
        name="none",
        version="0.1.0",
        reason="no sensor can be read",
        rejected=FrozenDict({"nvml": "there is no driver"}),
        method="none",
        scope="none",
        sample_period_s=None,
        samples=0,
        devices=("host",),
        flags=(),
        host=None,
    )
    bare = whole.model_copy(update=fields | {"not_measured": FrozenDict()})
    why = NotMeasured(code="no_sensor", reason="no sensor can be read")
    explained = FrozenDict({path: whole.not_measured.get(path, why) for path in none_paths(bare)})
    values = {name: getattr(bare, name) for name in ExperimentResult.model_fields}
    return ExperimentResult.model_validate(values | {"not_measured": explained} | overrides)


def example_baseline(
    power_w: float,
    *,
    uuid: str = "GPU-a",
    kind: Literal["bare", "resident"] = "bare",
    **overrides: Any,
) -> BaselineRecord:
    """An idle power of one device that was measured for half a minute."""
    fields = {
        "kind": kind,
        "source": "measured",
        "power_w": power_w,
        "std_w": 0.5,
        "standard_error_w": 0.04,
        "samples": 300,
        "effective_samples": 150.0,
        "drift_w": -0.2,
        "temperature_c": 34.0,
        "performance_state": 0,
        "engine_context": kind == "resident",
        "duration_s": 30.0,
        "power_per_device_w": FrozenDict({uuid: power_w}),
        "measured_at": _STARTED,
    }
    return BaselineRecord.model_validate(fields | overrides)


def _energy(uuid: str) -> dict[str, Any]:
    baseline_j = _IDLE_W * _WINDOW_S
    return {
        "energy_total_j": _TOTAL_J,
        "energy_uncertainty_j": 12.0,
        "energy_comparison_uncertainty_j": 4.0,
        "energy_adjusted_j": _TOTAL_J - baseline_j,
        "energy_per_device_j": FrozenDict({uuid: _TOTAL_J}),
        "energy_host_j": _PACKAGE_J + _DRAM_J,
        "energy_breakdown": EnergyBreakdown(
            raw_j=_TOTAL_J,
            baseline_j=baseline_j,
            adjusted_j=_TOTAL_J - baseline_j,
            baseline_share=baseline_j / _TOTAL_J,
            baseline=example_baseline(_IDLE_W, uuid=uuid),
            adjusted_uncertainty_j=12.1,
            resident=example_baseline(_RESIDENT_W, uuid=uuid, kind="resident"),
            resident_share=_RESIDENT_W / _IDLE_W * baseline_j / _TOTAL_J,
            terms=FrozenDict({"gain": 5.65, "edges": 2.0}),
            phases=_phases(),
        ),
        "energy_prefill_j": _PREFILL_J,
        "energy_decode_j": _TOTAL_J - _PREFILL_J,
        "baseline_power_w": _IDLE_W,
        "throttling": _throttling(uuid),
        "carbon": CarbonRecord(
            emissions_g=(_TOTAL_J + _PACKAGE_J + _DRAM_J) / 3.6e6 * 400 * 1.2,
            emissions_uncertainty_g=13.0 / 3.6e6 * 400 * 1.2,
            emissions_per_output_token_g=(_TOTAL_J + _PACKAGE_J + _DRAM_J)
            / (3.6e6 * _OUTPUT_TOKENS)
            * 400
            * 1.2,
            energy_j=_TOTAL_J + _PACKAGE_J + _DRAM_J,
            counted=("accelerators", "host"),
            intensity_g_per_kwh=400.0,
            intensity_source="environment",
            pue=1.2,
            pue_source="user config",
        ),
        "energy_per_output_token_j": _TOTAL_J / _OUTPUT_TOKENS,
        "energy_per_output_token_interval": EnergyInterval(
            basis=_BASIS,
            lower_j=0.99 * _TOTAL_J / _OUTPUT_TOKENS,
            upper_j=1.01 * _TOTAL_J / _OUTPUT_TOKENS,
        ),
        "energy_per_total_token_j": _TOTAL_J / (_INPUT_TOKENS + _OUTPUT_TOKENS),
        "energy_per_request_j": _TOTAL_J / _REQUESTS,
        "meter": MeterRecord(
            name="scripted",
            version="0.1.0",
            reason="asked for by name",
            rejected=FrozenDict({"nvml": "there is no driver"}),
            method="scripted",
            scope="scripted",
            sample_period_s=0.1,
            samples=21,
            devices=(uuid,),
            flags=("scripted",),
            host=HostRecord(
                name="rapl",
                version="0.1.0",
                method="rapl",
                scope="package+dram",
                uncertainty_j=4.9,
                comparison_uncertainty_j=0.6,
                parts_j=FrozenDict({"package-0": _PACKAGE_J, "dram-0": _DRAM_J}),
                terms=FrozenDict({"gain": 2.4, "edges": 0.3}),
                flags=("scripted",),
            ),
        ),
    }


def _phases() -> PhaseEnergy:
    """A window of five passes of prefill alone, at 125 W."""
    return PhaseEnergy(
        method="prefill_window",
        sensor_method="scripted",
        start_ns=7_000_000_000,
        end_ns=10_000_000_000,
        window_duration_s=3.0,
        window_energy_j=5 * _PREFILL_J,
        passes=5,
        scale=0.2,
        prefill_duration_s=0.6,
        decode_duration_s=_WINDOW_S - 0.6,
        prefill_uncertainty_j=4.4,
        prefill_comparison_uncertainty_j=0.8,
        decode_uncertainty_j=8.4,
        decode_comparison_uncertainty_j=4.1,
    )


def _throttling(uuid: str) -> ThrottlingRecord:
    seconds = FrozenDict({"sw_power_cap": 0.01, "hw_thermal_slowdown": 0.0})
    share = 0.01 / _WINDOW_S
    device = DeviceThrottling(
        uuid=uuid,
        throttled_s=seconds,
        throttled_share=share,
        source="counters",
        resolution_s=0.002,
    )
    return ThrottlingRecord(
        reasons=("sw_power_cap",),
        throttled_s=seconds,
        throttled_share=share,
        source="counters",
        devices=(device,),
    )


def _flops() -> FlopsResult:
    """Of eight requests with 12 input and 4 output tokens each, reckoned by hand."""
    shape = example_shape()
    total, embedding = shape.counted_parameters, shape.counted_embedding_parameters
    assert total is not None
    assert embedding is not None
    parameters = total - embedding
    prefill, decode = 2.0 * parameters * _INPUT_TOKENS, 2.0 * parameters * _OUTPUT_TOKENS
    # of one position through the layers 6,324,224, through the head 163,840
    attention_prefill, attention_decode = 8 * 4096 * 78.0, 8 * 4096 * 42.0
    matmul_prefill = 96 * 6_324_224 + 8 * 163_840 + attention_prefill
    matmul_decode = 24 * (6_324_224 + 163_840) + attention_decode
    peak = 989.4e12
    return FlopsResult(
        flops_total=prefill + decode,
        flops_prefill=prefill,
        flops_decode=decode,
        flops_per_output_token=(prefill + decode) / _OUTPUT_TOKENS,
        flops_matmul_total=matmul_prefill + matmul_decode,
        flops_matmul_prefill=matmul_prefill,
        flops_matmul_decode=matmul_decode,
        flops_matmul_attention_prefill=attention_prefill,
        flops_matmul_attention_decode=attention_decode,
        padding_share=15 / (_INPUT_TOKENS + _OUTPUT_TOKENS - _REQUESTS + 15),
        peak_flops_per_s=peak,
        peak_source="a table of the example",
        mfu=(matmul_prefill + matmul_decode) / (_WINDOW_S * peak),
        method="palm",
        parameters_total=total,
        parameters_non_embedding=parameters,
        parameters_active=parameters,
        confidence="high",
    )
