"""Doubles for llem's boundaries, and documents to test with.

Names load at first use, so that a process on a simulated GPU does not wait for all of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llem_testing.backend import (
        SCRIPTED_BACKEND as SCRIPTED_BACKEND,
        ScriptedBackend as ScriptedBackend,
        ScriptedModel as ScriptedModel,
    )
    from llem_testing.cases import (
        example_accelerator as example_accelerator,
        example_config as example_config,
        example_host as example_host,
        example_order as example_order,
        example_requests as example_requests,
        example_samples as example_samples,
        example_shape as example_shape,
    )
    from llem_testing.clock import FakeClock as FakeClock
    from llem_testing.devices import ScriptedDevices as ScriptedDevices
    from llem_testing.executor import (
        OrderScript as OrderScript,
        ScriptedExecutor as ScriptedExecutor,
    )
    from llem_testing.load import Load as Load
    from llem_testing.meter import (
        SCRIPTED_METER as SCRIPTED_METER,
        ScriptedMeter as ScriptedMeter,
        Watts as Watts,
        meter_candidate as meter_candidate,
    )
    from llem_testing.result_cases import (
        example_baseline as example_baseline,
        example_result as example_result,
        example_unmetered_result as example_unmetered_result,
    )
    from llem_testing.tokenizer import ByteTokenizer as ByteTokenizer

__version__ = "0.1.0"

_NAMES_BY_MODULE = {
    "backend": ("SCRIPTED_BACKEND", "ScriptedBackend", "ScriptedModel"),
    "cases": (
        "example_accelerator",
        "example_baseline",
        "example_config",
        "example_host",
        "example_order",
        "example_requests",
        "example_samples",
        "example_shape",
    ),
    "clock": ("FakeClock",),
    "devices": ("ScriptedDevices",),
    "executor": ("OrderScript", "ScriptedExecutor"),
    "load": ("Load",),
    "meter": ("SCRIPTED_METER", "ScriptedMeter", "Watts", "meter_candidate"),
    "result_cases": ("example_baseline", "example_result", "example_unmetered_result"),
    "tokenizer": ("ByteTokenizer",),
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
