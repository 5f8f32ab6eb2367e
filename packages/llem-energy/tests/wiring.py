"""A monitor on a scripted machine."""

from typing import Any

from llem_contracts import MeterCandidate, Plugin
from llem_energy import HostDevices, NullMeter
from llem_energy.descriptors import HOST_DEVICES, NULL_METER, NVML_DEVICES, NVML_METER
from llem_energy.sources import DeviceSource


def wired(machine: Any) -> dict[str, Any]:
    """Arguments that put a monitor on a scripted machine."""
    sources = (
        DeviceSource("nvml", NVML_DEVICES.logical_kinds, machine.devices()),
        DeviceSource("host", HOST_DEVICES.logical_kinds, HostDevices()),
    )
    meters = [
        MeterCandidate(Plugin("nvml", "p", "1", NVML_METER, None), lambda: machine.meter),
        MeterCandidate(
            Plugin("none", "p", "1", NULL_METER, None), lambda: NullMeter(machine.clock)
        ),
    ]
    return {
        "find_sources": lambda: sources,
        "find_meters": lambda name: [
            meter for meter in meters if name in ("auto", meter.plugin.name)
        ],
    }
