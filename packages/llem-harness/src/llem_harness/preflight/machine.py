"""What is wrong with this machine, whatever is going to run on it."""

import os
from pathlib import Path

from llem_contracts import Problem, choose_meter
from llem_schema import RunSettings

from llem_harness.ports import MachinePorts
from llem_harness.preflight.device_checks import device_problems
from llem_harness.preflight.folder_checks import cache_problems
from llem_harness.preflight.inspection import CACHE_USE, blocking_first
from llem_harness.preflight.meter_checks import meter_problems, sensorless

_DOWNLOADS = "no model can be downloaded"


def inspect_machine(settings: RunSettings, meter: str, ports: MachinePorts) -> tuple[Problem, ...]:
    """Look at devices, meter and folders. Measures, makes and loads nothing.

    `meter`: name of the one that runs would ask for, or `auto`. Looked at are all GPUs that are
    visible, or the CPU where there is none. Problems that would stop every run come first.
    """
    visible = ports.devices.visible()
    devices = [d for d in visible if d.kind == "accelerator"] or visible
    states = {device.uuid: ports.devices.state(device.uuid) for device in devices}
    choice = choose_meter(meter, ports.meters, devices)
    problems = [
        *ports.devices.problems(),
        *device_problems(devices, states, os.getpid()),
        *meter_problems(choice),
        *sensorless(choice, meter),
        *cache_problems(settings.cache_dir, CACHE_USE),
        *cache_problems(settings.model_cache_dir, _DOWNLOADS),
    ]
    if settings.results_dir is not None:
        problems += ports.store.problems(Path(settings.results_dir))
    return blocking_first(problems)
