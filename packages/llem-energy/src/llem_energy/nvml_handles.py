"""The GPUs of this machine by UUID, whatever their index."""

from dataclasses import dataclass
from typing import Any

from llem_energy.nvml_library import NvmlLibrary, NvmlRefusal


@dataclass(frozen=True)
class Gpu:
    """One physical GPU."""

    uuid: str
    pci_bus_id: str
    name: str
    index: int
    """Position in the driver's order."""
    driver_version: str
    handle: Any


@dataclass(frozen=True)
class Inventory:
    """What the driver shows, in the order of PCI bus ids, and why something is missing."""

    gpus: tuple[Gpu, ...]
    failure: NvmlRefusal | None = None
    """Why there is no list at all."""
    unreadable: tuple[str, ...] = ()
    """A sentence for each GPU that does not say who it is."""

    def by_uuid(self, uuid: str) -> Gpu | None:
        return next((gpu for gpu in self.gpus if gpu.uuid == uuid), None)


def take_inventory(library: NvmlLibrary) -> Inventory:
    """Ask the driver for all GPUs. Never raises for what it refuses."""
    try:
        driver_version = text(library.call("nvmlSystemGetDriverVersion"))
        count = library.call("nvmlDeviceGetCount")
    except NvmlRefusal as refusal:
        return Inventory((), failure=refusal)
    gpus, unreadable = [], []
    for index in range(count):
        try:
            gpus.append(_identify(library, index, driver_version))
        except NvmlRefusal as refusal:
            unreadable.append(f"GPU {index} cannot be read: {refusal.reason}")
    gpus.sort(key=lambda gpu: gpu.pci_bus_id)
    return Inventory(tuple(gpus), unreadable=tuple(unreadable))


def text(value: str | bytes) -> str:
    """A string of the driver; older bindings give bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _identify(library: NvmlLibrary, index: int, driver_version: str) -> Gpu:
    handle = library.call("nvmlDeviceGetHandleByIndex", index)
    return Gpu(
        uuid=text(library.call("nvmlDeviceGetUUID", handle)),
        pci_bus_id=text(library.call("nvmlDeviceGetPciInfo", handle).busId),
        name=text(library.call("nvmlDeviceGetName", handle)),
        index=index,
        driver_version=driver_version,
        handle=handle,
    )
