"""The boundaries of llem: one protocol per module, and what crosses them."""

from llem_contracts.backend import (
    BACKENDS,
    BackendDescriptor,
    BackendPlan,
    GeneratedRequest,
    GenerationRequest,
    InferenceBackend,
    LoadedModel,
    Tokenizer,
)
from llem_contracts.clock import Clock, SystemClock
from llem_contracts.descriptor import Boundary, Descriptor
from llem_contracts.devices import (
    DEVICES,
    DeviceProcess,
    Devices,
    DevicesDescriptor,
    DeviceState,
)
from llem_contracts.discovery import (
    Plugin,
    create,
    find,
    import_object,
    installed,
    missing_modules,
)
from llem_contracts.errors import (
    BackendError,
    ConfigError,
    ExperimentError,
    LlemError,
    MissingDependency,
    NotSupported,
    PluginError,
    PreFlightError,
    StoreError,
    StudyError,
)
from llem_contracts.events import (
    Event,
    EventListener,
    Notice,
    PhaseFinished,
    PhaseProgress,
    PhaseSkipped,
    PhaseStarted,
    RunFailed,
    RunSaved,
    RunStarted,
    event_from_json,
)
from llem_contracts.executor import EXECUTORS, Executor, OrderOutcome
from llem_contracts.flops import FLOPS, FlopsCounter
from llem_contracts.meter import METERS, Meter, MeterDescriptor, MeterSession, MeterWindow
from llem_contracts.meter_choice import (
    MeterCandidate,
    MeterChoice,
    choose_meter,
    meter_candidates,
)
from llem_contracts.problem import Problem
from llem_contracts.prompts import PROMPTS, Prompt, PromptsDescriptor, PromptSet, PromptSource
from llem_contracts.sample import Sample
from llem_contracts.store import STORES, ArrowTable, RequestRecord, RunHandle, Store, StoredRun

__version__ = "0.1.0"

__all__ = [
    "BACKENDS",
    "DEVICES",
    "EXECUTORS",
    "FLOPS",
    "METERS",
    "PROMPTS",
    "STORES",
    "ArrowTable",
    "BackendDescriptor",
    "BackendError",
    "BackendPlan",
    "Boundary",
    "Clock",
    "ConfigError",
    "Descriptor",
    "DeviceProcess",
    "DeviceState",
    "Devices",
    "DevicesDescriptor",
    "Event",
    "EventListener",
    "Executor",
    "ExperimentError",
    "FlopsCounter",
    "GeneratedRequest",
    "GenerationRequest",
    "InferenceBackend",
    "LlemError",
    "LoadedModel",
    "Meter",
    "MeterCandidate",
    "MeterChoice",
    "MeterDescriptor",
    "MeterSession",
    "MeterWindow",
    "MissingDependency",
    "NotSupported",
    "Notice",
    "OrderOutcome",
    "PhaseFinished",
    "PhaseProgress",
    "PhaseSkipped",
    "PhaseStarted",
    "Plugin",
    "PluginError",
    "PreFlightError",
    "Problem",
    "Prompt",
    "PromptSet",
    "PromptSource",
    "PromptsDescriptor",
    "RequestRecord",
    "RunFailed",
    "RunHandle",
    "RunSaved",
    "RunStarted",
    "Sample",
    "Store",
    "StoreError",
    "StoredRun",
    "StudyError",
    "SystemClock",
    "Tokenizer",
    "__version__",
    "choose_meter",
    "create",
    "event_from_json",
    "find",
    "import_object",
    "installed",
    "meter_candidates",
    "missing_modules",
]
