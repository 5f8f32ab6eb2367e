"""Opens the sensors of GPUs in a process that only polls; imports little.

The entry of the sampler process for the meter `nvml`: `llem_energy.nvml_polling:open_sensors`.
"""

import os
from collections.abc import Sequence

from llem_contracts import Clock, SystemClock

from llem_energy.nvml_handles import take_inventory
from llem_energy.nvml_library import open_library
from llem_energy.nvml_sensors import NvmlSensors
from llem_energy.other_processes import OtherProcesses
from llem_energy.poll import Poll
from llem_energy.polling import Sensors

OPEN_SENSORS = "llem_energy.nvml_polling:open_sensors"


class MissingGpu:
    """A GPU that the driver does not show any more."""

    def __init__(self, reason: str, clock: Clock) -> None:
        self._reason = reason
        self._clock = clock

    def poll(self) -> Poll:
        return Poll(at_ns=self._clock.monotonic_ns(), lost=self._reason)


def open_sensors(uuids: Sequence[str]) -> list[Sensors]:
    """The sensors of GPUs, through the binding that the environment names.

    The parent of this process is taken for the one that measures.
    Raises `NvmlRefusal` where NVML does not answer at all.
    """
    clock = SystemClock()
    library = open_library(clock=clock)
    inventory = take_inventory(library)
    if inventory.failure is not None:
        raise inventory.failure
    others = OtherProcesses(os.getppid())
    sensors: list[Sensors] = []
    for uuid in uuids:
        gpu = inventory.by_uuid(uuid)
        if gpu is None:
            missing = "; ".join([f"the driver shows no GPU {uuid}", *inventory.unreadable])
            sensors.append(MissingGpu(missing, clock))
        else:
            sensors.append(NvmlSensors(library, gpu.handle, clock, others))
    return sensors
