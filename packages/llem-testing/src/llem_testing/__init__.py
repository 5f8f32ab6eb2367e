"""Doubles for llem's boundaries, and documents to test with."""

from llem_testing.backend import SCRIPTED_BACKEND, ScriptedBackend, ScriptedModel
from llem_testing.cases import (
    example_accelerator,
    example_config,
    example_host,
    example_order,
    example_requests,
    example_samples,
    example_shape,
)
from llem_testing.clock import FakeClock
from llem_testing.devices import ScriptedDevices
from llem_testing.executor import OrderScript, ScriptedExecutor
from llem_testing.load import Load
from llem_testing.meter import SCRIPTED_METER, ScriptedMeter, Watts, meter_candidate
from llem_testing.result_cases import example_result, example_unmetered_result
from llem_testing.tokenizer import ByteTokenizer

__version__ = "0.1.0"

__all__ = [
    "SCRIPTED_BACKEND",
    "SCRIPTED_METER",
    "ByteTokenizer",
    "FakeClock",
    "Load",
    "OrderScript",
    "ScriptedBackend",
    "ScriptedDevices",
    "ScriptedExecutor",
    "ScriptedMeter",
    "ScriptedModel",
    "Watts",
    "__version__",
    "example_accelerator",
    "example_config",
    "example_host",
    "example_order",
    "example_requests",
    "example_result",
    "example_samples",
    "example_shape",
    "example_unmetered_result",
    "meter_candidate",
]
