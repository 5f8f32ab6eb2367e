"""Joules of a code window, and facts of the devices that spent them.

Names load at first use, so that importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llem_energy.host_devices import HostDevices as HostDevices
    from llem_energy.listing import DeviceEntry as DeviceEntry, devices as devices
    from llem_energy.measured_command import (
        CommandReading as CommandReading,
        measure_command as measure_command,
    )
    from llem_energy.monitor import (
        EnergyMonitor as EnergyMonitor,
        MonitorWindow as MonitorWindow,
    )
    from llem_energy.null_meter import NullMeter as NullMeter
    from llem_energy.nvml_devices import NvmlDevices as NvmlDevices
    from llem_energy.nvml_library import (
        NvmlLibrary as NvmlLibrary,
        open_library as open_library,
    )
    from llem_energy.nvml_meter import NvmlMeter as NvmlMeter
    from llem_energy.polling import PollingLoop as PollingLoop
    from llem_energy.process_sampler import ProcessSampler as ProcessSampler
    from llem_energy.recording import Recording as Recording
    from llem_energy.sampler import (
        Sampler as Sampler,
        SamplingTask as SamplingTask,
        ThreadSampler as ThreadSampler,
    )

__version__ = "0.1.0"

_NAMES_BY_MODULE = {
    "host_devices": ("HostDevices",),
    "listing": ("DeviceEntry", "devices"),
    "measured_command": ("CommandReading", "measure_command"),
    "monitor": ("EnergyMonitor", "MonitorWindow"),
    "null_meter": ("NullMeter",),
    "nvml_devices": ("NvmlDevices",),
    "nvml_library": ("NvmlLibrary", "open_library"),
    "nvml_meter": ("NvmlMeter",),
    "polling": ("PollingLoop",),
    "process_sampler": ("ProcessSampler",),
    "recording": ("Recording",),
    "sampler": ("Sampler", "SamplingTask", "ThreadSampler"),
}
_MODULE_OF = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}

__all__ = [
    "CommandReading",
    "DeviceEntry",
    "EnergyMonitor",
    "HostDevices",
    "MonitorWindow",
    "NullMeter",
    "NvmlDevices",
    "NvmlLibrary",
    "NvmlMeter",
    "PollingLoop",
    "ProcessSampler",
    "Recording",
    "Sampler",
    "SamplingTask",
    "ThreadSampler",
    "__version__",
    "devices",
    "measure_command",
    "open_library",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
