"""Configs, work orders and results of llem: data at rest, strict and frozen.

Names load at first use, so that one model does not cost the import of all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llem_schema.carbon import CarbonRecord as CarbonRecord
    from llem_schema.codes import (
        NOT_MEASURED_CODES as NOT_MEASURED_CODES,
        NOTICE_CODES as NOTICE_CODES,
        PROBLEM_CODES as PROBLEM_CODES,
        WARNING_CODES as WARNING_CODES,
    )
    from llem_schema.config import (
        BACKEND_SECTIONS as BACKEND_SECTIONS,
        BaselineConfig as BaselineConfig,
        DatasetConfig as DatasetConfig,
        DecoderConfig as DecoderConfig,
        DecodingStrategy as DecodingStrategy,
        EnergyConfig as EnergyConfig,
        ExperimentConfig as ExperimentConfig,
        LoraConfig as LoraConfig,
        OutputLength as OutputLength,
        Precision as Precision,
        WarmupConfig as WarmupConfig,
    )
    from llem_schema.device import (
        HOST_ID as HOST_ID,
        AcceleratorFacts as AcceleratorFacts,
        DeviceFacts as DeviceFacts,
        HostFacts as HostFacts,
    )
    from llem_schema.documents import (
        DocumentError as DocumentError,
        document_from_json as document_from_json,
        order_from_json as order_from_json,
        result_from_json as result_from_json,
    )
    from llem_schema.energy import (
        ENERGY_ESTIMATED as ENERGY_ESTIMATED,
        BaselineRecord as BaselineRecord,
        DeviceReading as DeviceReading,
        EnergyBreakdown as EnergyBreakdown,
        EnergyReading as EnergyReading,
        HostRecord as HostRecord,
        IdleReading as IdleReading,
        MeterRecord as MeterRecord,
        PhaseEnergy as PhaseEnergy,
    )
    from llem_schema.environment import (
        ContainerRecord as ContainerRecord,
        EnvironmentSnapshot as EnvironmentSnapshot,
        RepositoryState as RepositoryState,
        SchedulerJob as SchedulerJob,
    )
    from llem_schema.flops import (
        FlopsResult as FlopsResult,
        MemoryEstimate as MemoryEstimate,
        MemoryUsage as MemoryUsage,
        WeightBits as WeightBits,
    )
    from llem_schema.frozen import (
        FrozenDict as FrozenDict,
        FrozenJson as FrozenJson,
        FrozenList as FrozenList,
        JsonObject as JsonObject,
        freeze_json as freeze_json,
    )
    from llem_schema.hashing import (
        canonical_json as canonical_json,
        measurement_config_hash as measurement_config_hash,
    )
    from llem_schema.interval import (
        EnergyInterval as EnergyInterval,
        IntervalBasis as IntervalBasis,
        ThroughputInterval as ThroughputInterval,
    )
    from llem_schema.introspection import json_schema as json_schema
    from llem_schema.keys import (
        known_keys as known_keys,
        nearest_key as nearest_key,
    )
    from llem_schema.latency import (
        Latency as Latency,
        LatencyInterval as LatencyInterval,
        Percentiles as Percentiles,
    )
    from llem_schema.model import Model as Model
    from llem_schema.notes import (
        MeasurementWarning as MeasurementWarning,
        NotMeasured as NotMeasured,
    )
    from llem_schema.order import (
        Origin as Origin,
        RunSettings as RunSettings,
        WorkOrder as WorkOrder,
    )
    from llem_schema.prompts import (
        PromptProvenance as PromptProvenance,
        PromptsRecord as PromptsRecord,
        TokenLengths as TokenLengths,
    )
    from llem_schema.pytorch import (
        PyTorchConfig as PyTorchConfig,
        QuantizationConfig as QuantizationConfig,
    )
    from llem_schema.result import (
        SCHEMA_VERSION as SCHEMA_VERSION,
        BackendRecord as BackendRecord,
        ExperimentResult as ExperimentResult,
        ModelRecord as ModelRecord,
        SteadyStateWindow as SteadyStateWindow,
        WindowRecord as WindowRecord,
        none_paths as none_paths,
        unexplained as unexplained,
    )
    from llem_schema.run_state import (
        RunProcess as RunProcess,
        RunState as RunState,
        RunStateName as RunStateName,
    )
    from llem_schema.scalars import (
        Moment as Moment,
        Version1 as Version1,
    )
    from llem_schema.shape import (
        DecoderDimensions as DecoderDimensions,
        ExpertLayers as ExpertLayers,
        ModelShape as ModelShape,
        SlidingWindow as SlidingWindow,
    )
    from llem_schema.throttling import (
        DeviceThrottling as DeviceThrottling,
        ThrottlingRecord as ThrottlingRecord,
        ThrottlingSource as ThrottlingSource,
    )
    from llem_schema.user_config import (
        AdvancedDefaults as AdvancedDefaults,
        MeasurementDefaults as MeasurementDefaults,
        OutputDefaults as OutputDefaults,
        UiDefaults as UiDefaults,
        UserConfig as UserConfig,
    )
    from llem_schema.warmup import (
        ColdStart as ColdStart,
        HeatRecord as HeatRecord,
        WarmupResult as WarmupResult,
    )

__version__ = "0.1.0"

_NAMES_BY_MODULE = {
    "codes": ("NOTICE_CODES", "NOT_MEASURED_CODES", "PROBLEM_CODES", "WARNING_CODES"),
    "carbon": ("CarbonRecord",),
    "config": (
        "BACKEND_SECTIONS",
        "BaselineConfig",
        "DatasetConfig",
        "DecoderConfig",
        "DecodingStrategy",
        "EnergyConfig",
        "ExperimentConfig",
        "LoraConfig",
        "OutputLength",
        "Precision",
        "WarmupConfig",
    ),
    "device": ("HOST_ID", "AcceleratorFacts", "DeviceFacts", "HostFacts"),
    "documents": ("DocumentError", "document_from_json", "order_from_json", "result_from_json"),
    "energy": (
        "BaselineRecord",
        "DeviceReading",
        "ENERGY_ESTIMATED",
        "EnergyBreakdown",
        "EnergyReading",
        "HostRecord",
        "IdleReading",
        "MeterRecord",
        "PhaseEnergy",
    ),
    "environment": (
        "ContainerRecord",
        "EnvironmentSnapshot",
        "RepositoryState",
        "SchedulerJob",
    ),
    "flops": ("FlopsResult", "MemoryEstimate", "MemoryUsage", "WeightBits"),
    "frozen": ("FrozenDict", "FrozenJson", "FrozenList", "JsonObject", "freeze_json"),
    "hashing": ("canonical_json", "measurement_config_hash"),
    "interval": ("EnergyInterval", "IntervalBasis", "ThroughputInterval"),
    "introspection": ("json_schema",),
    "keys": ("known_keys", "nearest_key"),
    "latency": ("Latency", "LatencyInterval", "Percentiles"),
    "model": ("Model",),
    "notes": ("MeasurementWarning", "NotMeasured"),
    "order": ("Origin", "RunSettings", "WorkOrder"),
    "prompts": ("PromptProvenance", "PromptsRecord", "TokenLengths"),
    "pytorch": ("PyTorchConfig", "QuantizationConfig"),
    "result": (
        "SCHEMA_VERSION",
        "BackendRecord",
        "ExperimentResult",
        "ModelRecord",
        "SteadyStateWindow",
        "WindowRecord",
        "none_paths",
        "unexplained",
    ),
    "run_state": ("RunProcess", "RunState", "RunStateName"),
    "scalars": ("Moment", "Version1"),
    "shape": ("DecoderDimensions", "ExpertLayers", "ModelShape", "SlidingWindow"),
    "throttling": ("DeviceThrottling", "ThrottlingRecord", "ThrottlingSource"),
    "user_config": (
        "AdvancedDefaults",
        "MeasurementDefaults",
        "OutputDefaults",
        "UiDefaults",
        "UserConfig",
    ),
    "warmup": ("ColdStart", "HeatRecord", "WarmupResult"),
}
_MODULE_OF = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE_OF)]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
