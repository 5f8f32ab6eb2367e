"""llem: what does this model cost to run? Energy, throughput, FLOPs and memory of LLM inference.

    import llem

    result = llem.run_experiment(model="builtin:tiny", n=16)

Names load at first use: `import llem` costs nothing until something is called.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llem_contracts import (
        ArrowTable as ArrowTable,
        BackendError as BackendError,
        CatalogueEntry as CatalogueEntry,
        CommandError as CommandError,
        ConfigError as ConfigError,
        Event as Event,
        EventListener as EventListener,
        ExperimentError as ExperimentError,
        LlemError as LlemError,
        MissingDependency as MissingDependency,
        Notice as Notice,
        NotSupported as NotSupported,
        OutOfMemory as OutOfMemory,
        PartialRun as PartialRun,
        PhaseFinished as PhaseFinished,
        PhaseProgress as PhaseProgress,
        PhaseSkipped as PhaseSkipped,
        PhaseStarted as PhaseStarted,
        PluginError as PluginError,
        PreFlightError as PreFlightError,
        Problem as Problem,
        RunFailed as RunFailed,
        RunSaved as RunSaved,
        RunStarted as RunStarted,
        StoredRun as StoredRun,
        StoreError as StoreError,
        StudyError as StudyError,
        UnsavedResult as UnsavedResult,
    )
    from llem_energy import (
        CommandReading as CommandReading,
        measure_command as measure_command,
    )
    from llem_harness import Inspection as Inspection
    from llem_schema import (
        ExperimentConfig as ExperimentConfig,
        ExperimentResult as ExperimentResult,
        WorkOrder as WorkOrder,
    )
    from llem_store import (
        PowerProfile as PowerProfile,
        load_partial as load_partial,
        load_result as load_result,
        power_profile as power_profile,
    )
    from llem_study import (
        Installation as Installation,
        Origins as Origins,
        PreFlightReport as PreFlightReport,
        assignable_keys as assignable_keys,
        catalogue as catalogue,
        check_machine as check_machine,
        check_order as check_order,
        default_results_dir as default_results_dir,
        explain_validation as explain_validation,
        inspect_order as inspect_order,
        installation as installation,
        load_experiment_config as load_experiment_config,
        load_user_config as load_user_config,
        origins_of as origins_of,
        parse_assignment as parse_assignment,
        plugin_keys as plugin_keys,
        resolve as resolve,
        run_order as run_order,
        values_of as values_of,
    )

    from llem.experiment import run_experiment as run_experiment

__version__ = "0.1.0"

_NAMES_BY_MODULE = {
    "llem.experiment": ("run_experiment",),
    "llem_contracts": (
        "ArrowTable",
        "BackendError",
        "CatalogueEntry",
        "CommandError",
        "ConfigError",
        "Event",
        "EventListener",
        "ExperimentError",
        "LlemError",
        "MissingDependency",
        "NotSupported",
        "Notice",
        "OutOfMemory",
        "PartialRun",
        "PhaseFinished",
        "PhaseProgress",
        "PhaseSkipped",
        "PhaseStarted",
        "PluginError",
        "PreFlightError",
        "Problem",
        "RunFailed",
        "RunSaved",
        "RunStarted",
        "StoreError",
        "StoredRun",
        "StudyError",
        "UnsavedResult",
    ),
    "llem_energy": ("CommandReading", "measure_command"),
    "llem_harness": ("Inspection",),
    "llem_schema": ("ExperimentConfig", "ExperimentResult", "WorkOrder"),
    "llem_store": ("PowerProfile", "load_partial", "load_result", "power_profile"),
    "llem_study": (
        "Installation",
        "Origins",
        "PreFlightReport",
        "assignable_keys",
        "catalogue",
        "check_machine",
        "check_order",
        "default_results_dir",
        "explain_validation",
        "inspect_order",
        "installation",
        "load_experiment_config",
        "load_user_config",
        "origins_of",
        "parse_assignment",
        "plugin_keys",
        "resolve",
        "run_order",
        "values_of",
    ),
}
_MODULE_OF = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE_OF)]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
