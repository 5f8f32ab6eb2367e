"""The boundaries of llem: one protocol per module, and what crosses them.

Names load at first use, so that one boundary does not cost the import of all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llem_contracts.backend import (
        BACKENDS as BACKENDS,
        BackendDescriptor as BackendDescriptor,
        BackendPlan as BackendPlan,
        GeneratedRequest as GeneratedRequest,
        GenerationRequest as GenerationRequest,
        InferenceBackend as InferenceBackend,
        LoadedModel as LoadedModel,
        Tokenizer as Tokenizer,
    )
    from llem_contracts.catalogue import (
        CatalogueEntry as CatalogueEntry,
        EntryState as EntryState,
    )
    from llem_contracts.clock import Clock as Clock, SystemClock as SystemClock
    from llem_contracts.descriptor import Boundary as Boundary, Descriptor as Descriptor
    from llem_contracts.devices import (
        DEVICES as DEVICES,
        DeviceProcess as DeviceProcess,
        Devices as Devices,
        DevicesDescriptor as DevicesDescriptor,
        DeviceState as DeviceState,
    )
    from llem_contracts.discovery import (
        Plugin as Plugin,
        create as create,
        find as find,
        installed as installed,
        missing_modules as missing_modules,
    )
    from llem_contracts.errors import (
        BackendError as BackendError,
        CommandError as CommandError,
        ConfigError as ConfigError,
        ExperimentError as ExperimentError,
        LlemError as LlemError,
        MissingDependency as MissingDependency,
        NotSupported as NotSupported,
        OutOfMemory as OutOfMemory,
        PluginError as PluginError,
        PreFlightError as PreFlightError,
        StoreError as StoreError,
        StudyError as StudyError,
        UnsavedResult as UnsavedResult,
    )
    from llem_contracts.events import (
        Event as Event,
        EventListener as EventListener,
        Notice as Notice,
        PhaseFinished as PhaseFinished,
        PhaseProgress as PhaseProgress,
        PhaseSkipped as PhaseSkipped,
        PhaseStarted as PhaseStarted,
        RunFailed as RunFailed,
        RunSaved as RunSaved,
        RunStarted as RunStarted,
        event_from_json as event_from_json,
    )
    from llem_contracts.executor import (
        EXECUTORS as EXECUTORS,
        Executor as Executor,
        OrderListener as OrderListener,
        OrderOutcome as OrderOutcome,
    )
    from llem_contracts.flops import (
        FLOPS as FLOPS,
        DevicePeak as DevicePeak,
        FlopsCounter as FlopsCounter,
        RequestTokens as RequestTokens,
    )
    from llem_contracts.import_string import import_object as import_object
    from llem_contracts.meter import (
        METERS as METERS,
        Meter as Meter,
        MeterDescriptor as MeterDescriptor,
        MeterSession as MeterSession,
        MeterWindow as MeterWindow,
    )
    from llem_contracts.meter_choice import (
        MeterCandidate as MeterCandidate,
        MeterChoice as MeterChoice,
        choose_meter as choose_meter,
        meter_candidates as meter_candidates,
    )
    from llem_contracts.problem import (
        NO_PERMISSION as NO_PERMISSION,
        Problem as Problem,
    )
    from llem_contracts.prompts import (
        PROMPTS as PROMPTS,
        Prompt as Prompt,
        PromptsDescriptor as PromptsDescriptor,
        PromptSet as PromptSet,
        PromptSource as PromptSource,
    )
    from llem_contracts.sample import Sample as Sample
    from llem_contracts.store import (
        STORES as STORES,
        ArrowTable as ArrowTable,
        DeadRun as DeadRun,
        PartialRun as PartialRun,
        RequestRecord as RequestRecord,
        RunHandle as RunHandle,
        Store as Store,
        StoredRun as StoredRun,
    )

__version__ = "0.1.0"

_NAMES_BY_MODULE = {
    "backend": (
        "BACKENDS",
        "BackendDescriptor",
        "BackendPlan",
        "GeneratedRequest",
        "GenerationRequest",
        "InferenceBackend",
        "LoadedModel",
        "Tokenizer",
    ),
    "catalogue": ("CatalogueEntry", "EntryState"),
    "clock": ("Clock", "SystemClock"),
    "descriptor": ("Boundary", "Descriptor"),
    "devices": ("DEVICES", "DeviceProcess", "DeviceState", "Devices", "DevicesDescriptor"),
    "discovery": ("Plugin", "create", "find", "installed", "missing_modules"),
    "errors": (
        "BackendError",
        "CommandError",
        "ConfigError",
        "ExperimentError",
        "LlemError",
        "MissingDependency",
        "NotSupported",
        "OutOfMemory",
        "PluginError",
        "PreFlightError",
        "StoreError",
        "StudyError",
        "UnsavedResult",
    ),
    "events": (
        "Event",
        "EventListener",
        "Notice",
        "PhaseFinished",
        "PhaseProgress",
        "PhaseSkipped",
        "PhaseStarted",
        "RunFailed",
        "RunSaved",
        "RunStarted",
        "event_from_json",
    ),
    "executor": ("EXECUTORS", "Executor", "OrderListener", "OrderOutcome"),
    "flops": ("DevicePeak", "FLOPS", "FlopsCounter", "RequestTokens"),
    "import_string": ("import_object",),
    "meter": ("METERS", "Meter", "MeterDescriptor", "MeterSession", "MeterWindow"),
    "meter_choice": ("MeterCandidate", "MeterChoice", "choose_meter", "meter_candidates"),
    "problem": ("NO_PERMISSION", "Problem"),
    "prompts": ("PROMPTS", "Prompt", "PromptSet", "PromptSource", "PromptsDescriptor"),
    "sample": ("Sample",),
    "store": (
        "ArrowTable",
        "DeadRun",
        "PartialRun",
        "RequestRecord",
        "RunHandle",
        "STORES",
        "Store",
        "StoredRun",
    ),
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
