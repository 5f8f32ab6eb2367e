"""First step: everything that could stop the run, found before it begins.

inspection     what an order would use, and all that is wrong with it
readiness      the same for a run that is to begin: what stands in the way is an error
machine        the part of it that needs no order
duration       the least time that the protocol takes

The checks are functions of facts: `device_checks`, `folder_checks`, `meter_checks`,
`memory_checks`. What only a plugin can know, it tells itself: the backend of model, precision and
download, the meter of its sensors, prompts and store of theirs.
"""

from llem_harness.preflight.duration import TimeEstimate, TimePart
from llem_harness.preflight.inspection import Inspection, inspect
from llem_harness.preflight.machine import inspect_machine
from llem_harness.preflight.meter_checks import sensorless
from llem_harness.preflight.readiness import Readiness, check

__all__ = [
    "Inspection",
    "Readiness",
    "TimeEstimate",
    "TimePart",
    "check",
    "inspect",
    "inspect_machine",
    "sensorless",
]
