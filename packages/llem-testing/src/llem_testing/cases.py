"""Small, valid documents and records to test with."""

from pathlib import Path
from typing import Any

from llem_contracts import RequestRecord, Sample
from llem_schema import (
    AcceleratorFacts,
    DecoderDimensions,
    ExperimentConfig,
    HostFacts,
    ModelShape,
    RunSettings,
    WorkOrder,
)


def example_config(**overrides: Any) -> ExperimentConfig:
    """A config that costs little; `overrides` by field name."""
    fields: dict[str, Any] = {
        "model": "builtin:tiny",
        "n": 8,
        "max_output_tokens": 4,
        "min_window_s": 0.0,
    }
    return ExperimentConfig.model_validate(fields | overrides)


def example_order(results_dir: Path | str | None = None, **overrides: Any) -> WorkOrder:
    """An order for `example_config(**overrides)`."""
    return WorkOrder(
        experiment_id="example-0001",
        config=example_config(**overrides),
        settings=RunSettings(results_dir=None if results_dir is None else str(results_dir)),
    )


def example_shape() -> ModelShape:
    """A dense Llama-like model of 3.3 M parameters, its head tied to its embedding."""
    hidden, layers, intermediate, vocabulary = 256, 4, 688, 320
    per_layer = 4 * hidden * hidden + 3 * hidden * intermediate + 2 * hidden
    embedding = vocabulary * hidden
    return ModelShape(
        architecture="llama",
        dimensions=DecoderDimensions(
            layers=layers,
            hidden_size=hidden,
            attention_heads=4,
            key_value_heads=4,
            head_dim=64,
            intermediate_size=intermediate,
            vocabulary_size=vocabulary,
            mlp="gated",
            norm="rmsnorm",
            query_key_value_bias=False,
            attention_output_bias=False,
            mlp_bias=False,
            learned_positions=0,
            tied_embeddings=True,
        ),
        counted_parameters=layers * per_layer + hidden + embedding,
        counted_embedding_parameters=embedding,
    )


def example_host(**overrides: Any) -> HostFacts:
    """A host that tells everything."""
    fields: dict[str, Any] = {
        "name": "Example CPU",
        "logical_cores": 8,
        "usable_cores": 4,
        "memory_total_mib": 16384.0,
        "governor": "performance",
        "usable_cpus": "0-3",
        "cpu_limit_cores": 4.0,
        "memory_limit_mib": 16384.0,
    }
    return HostFacts.model_validate(fields | overrides)


def example_accelerator(index: int = 0, **overrides: Any) -> AcceleratorFacts:
    """A GPU that tells everything; two of different `index` are two devices."""
    fields: dict[str, Any] = {
        "uuid": f"GPU-00000000-0000-0000-0000-{index:012d}",
        "name": "Example GPU",
        "index": index,
        "pci_bus_id": f"00000000:{index:02X}:00.0",
        "driver_version": "580.1",
        "memory_total_mib": 81920.0,
        "power_limit_w": 700.0,
        "power_limit_default_w": 700.0,
        "power_limit_min_w": 200.0,
        "power_limit_max_w": 700.0,
        "sm_clock_max_mhz": 1980.0,
        "memory_clock_max_mhz": 2619.0,
        "ecc_enabled": True,
        "persistence_mode": True,
        "mig_enabled": False,
        "compute_capability": "9.0",
    }
    return AcceleratorFacts.model_validate(fields | overrides)


def example_samples(count: int = 5, device: str = "host", start_ns: int = 0) -> list[Sample]:
    """A device at 100 W, read every 100 ms; each third reading of its state failed."""
    return [
        Sample(
            monotonic_ns=start_ns + number * 100_000_000,
            device=device,
            power_w=100.0,
            energy_j=number * 10.0,
            **({} if number % 3 == 2 else _example_state(number)),
        )
        for number in range(count)
    ]


def _example_state(number: int) -> dict[str, Any]:
    return {
        "temperature_c": 50.0 + number,
        "sm_clock_mhz": 1980.0 - number,
        "memory_clock_mhz": 2619.0,
        "performance_state": number % 2,
        "throttle": ("sw_power_cap", "sw_thermal_slowdown")[: number % 3],
    }


def example_requests(count: int = 3, pass_index: int = 0) -> list[RequestRecord]:
    """Requests in batches of two, which two processes compute in turn, each with three output
    tokens 10 ms apart."""
    return [
        RequestRecord(
            pass_index=pass_index,
            request=number,
            batch=number // 2,
            input_tokens=5 + number,
            padded_tokens=1 - number % 2,
            output_tokens=3,
            discarded_tokens=0,
            start_ns=start_ns,
            first_token_ns=start_ns + 10_000_000,
            end_ns=start_ns + 30_000_000,
            token_ns=tuple(start_ns + step * 10_000_000 for step in (1, 2, 3)),
            process=number // 2 % 2,
        )
        for number in range(count)
        for start_ns in [number // 2 * 30_000_000]
    ]
