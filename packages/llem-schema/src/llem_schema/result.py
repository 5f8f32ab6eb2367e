"""What a run found out."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel

from llem_schema.carbon import CarbonRecord
from llem_schema.config import ExperimentConfig
from llem_schema.energy import EnergyBreakdown, MeterRecord
from llem_schema.environment import EnvironmentSnapshot
from llem_schema.flops import FlopsResult, MemoryUsage
from llem_schema.frozen import FrozenDict, FrozenList, JsonObject
from llem_schema.interval import EnergyInterval, ThroughputInterval
from llem_schema.latency import Latency
from llem_schema.model import Model
from llem_schema.notes import MeasurementWarning, NotMeasured
from llem_schema.order import RunSettings
from llem_schema.prompts import PromptsRecord
from llem_schema.scalars import Moment, Version1
from llem_schema.shape import ModelShape
from llem_schema.throttling import ThrottlingRecord
from llem_schema.warmup import WarmupResult

SCHEMA_VERSION = 1


class WindowRecord(Model):
    """The measured window on the monotonic clock, with one anchor to the wall clock."""

    start_ns: int
    end_ns: int
    anchor_monotonic_ns: int
    anchor_wall: Moment
    """Wall-clock time at `anchor_monotonic_ns`."""


class SteadyStateWindow(Model):
    """The window of a run whose load went on before and after it, where power and temperature were
    steady in it."""

    start_ns: int
    end_ns: int
    power_cv: float
    """Coefficient of variation of the 1-s means of the power; at most 0.05 is steady."""
    temperature_drift_c: float | None
    """Change over the window, of the device that changed most; at most 5 C is steady."""


class ModelRecord(Model):
    """The model that was loaded."""

    name: str
    revision: str | None
    commit: str | None
    """Commit of a hub model."""
    dummy_weights: bool
    load_s: float
    """Time that loading took, fetching apart."""
    shape: ModelShape


class BackendRecord(Model):
    """The engine that ran it."""

    name: str
    version: str
    """Of the backend's package."""
    environment: JsonObject
    """The engine's own versions and devices."""


class ExperimentResult(Model):
    """The result of one experiment. Every None is explained in `not_measured`."""

    schema_version: Version1
    experiment_id: str
    measurement_config_hash: str
    config: ExperimentConfig
    effective_config: JsonObject
    model: ModelRecord
    backend: BackendRecord
    measurement_methodology: Literal["total", "steady_state", "windowed"]
    """What the figures are of. `total`: of all requests from the first to the last. `steady_state`:
    of a window within the load, in which power and temperature were steady. `windowed`: of a window
    within the load that was to be a steady state and is not shown to be one."""
    steady_state_window: SteadyStateWindow | None
    window: WindowRecord
    window_duration_s: float
    passes: int
    energy_total_j: float | None
    energy_uncertainty_j: float | None
    """Expanded uncertainty, k = 2, all terms."""
    energy_comparison_uncertainty_j: float | None
    """Expanded uncertainty, k = 2, without board gain."""
    energy_adjusted_j: float | None
    energy_per_device_j: FrozenDict[str, float] | None
    energy_host_j: float | None
    """Processor packages and memory, beside the accelerators; in a run on the CPU the total."""
    energy_prefill_j: float | None
    """Gross energy up to each request's first token, of all passes."""
    energy_decode_j: float | None
    """The rest of `energy_total_j`."""
    energy_breakdown: EnergyBreakdown | None
    baseline_power_w: float | None
    input_tokens: int
    output_tokens: int
    padded_tokens: int
    discarded_tokens: int
    requests: int
    output_tokens_per_s: float
    output_tokens_per_s_interval: ThroughputInterval | None
    energy_per_output_token_j: float | None
    energy_per_output_token_interval: EnergyInterval | None
    energy_per_total_token_j: float | None
    energy_per_request_j: float | None
    latency: Latency
    flops: FlopsResult | None
    memory: MemoryUsage
    throttling: ThrottlingRecord | None
    warmup_result: WarmupResult
    warmup_excluded_samples: int
    environment_snapshot: EnvironmentSnapshot
    meter: MeterRecord
    prompts: PromptsRecord
    timeseries: str | None
    requests_file: str | None
    carbon: CarbonRecord | None
    reproducibility_notes: FrozenList[str]
    measurement_warnings: FrozenList[MeasurementWarning]
    not_measured: FrozenDict[str, NotMeasured]
    run_settings: RunSettings
    started_at: Moment
    ended_at: Moment


_CHOSEN_NOT_MEASURED = frozenset({"config", "effective_config", "run_settings", "not_measured"})


def none_paths(result: ExperimentResult) -> tuple[str, ...]:
    """Dotted paths of all None values that a result must explain, in document order.

    What was chosen rather than measured (`config`, `effective_config`, `run_settings`) is left
    out.
    """

    def walk(value: Any, path: str) -> Iterator[str]:
        if value is None:
            yield path
        elif isinstance(value, BaseModel):
            for name in type(value).model_fields:
                yield from walk(getattr(value, name), f"{path}.{name}")
        elif isinstance(value, dict):
            for key, item in value.items():
                yield from walk(item, f"{path}.{key}")
        elif isinstance(value, (list, tuple)):
            for position, item in enumerate(value):
                yield from walk(item, f"{path}.{position}")

    paths: list[str] = []
    for name in ExperimentResult.model_fields:
        if name not in _CHOSEN_NOT_MEASURED:
            paths.extend(walk(getattr(result, name), name))
    return tuple(paths)


def unexplained(result: ExperimentResult) -> tuple[str, ...]:
    """The None values of a result that `not_measured` does not explain; empty in a sound one."""
    return tuple(path for path in none_paths(result) if path not in result.not_measured)
