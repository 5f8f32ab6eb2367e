"""One llem experiment: `run(order, ports)` takes it from a work order to a result."""

from llem_harness.log import logger
from llem_harness.pipeline import run
from llem_harness.ports import (
    MachinePorts,
    Ports,
    machine_ports,
    ports_for,
    prompt_source,
    silence,
)
from llem_harness.preflight import (
    Inspection,
    Readiness,
    TimeEstimate,
    TimePart,
    check,
    inspect,
    inspect_machine,
    sensorless,
)
from llem_harness.support import unsupported

__version__ = "0.1.0"

__all__ = [
    "Inspection",
    "MachinePorts",
    "Ports",
    "Readiness",
    "TimeEstimate",
    "TimePart",
    "__version__",
    "check",
    "inspect",
    "inspect_machine",
    "logger",
    "machine_ports",
    "ports_for",
    "prompt_source",
    "run",
    "sensorless",
    "silence",
    "unsupported",
]
