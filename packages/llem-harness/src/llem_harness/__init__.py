"""One llem experiment: `run(order, ports)` takes it from a work order to a result."""

from llem_harness.log import logger
from llem_harness.pipeline import run
from llem_harness.ports import Ports, ports_for, prompt_source, silence
from llem_harness.preflight import Inspection, Readiness, check, inspect
from llem_harness.support import unsupported

__version__ = "0.1.0"

__all__ = [
    "Inspection",
    "Ports",
    "Readiness",
    "__version__",
    "check",
    "inspect",
    "logger",
    "ports_for",
    "prompt_source",
    "run",
    "silence",
    "unsupported",
]
