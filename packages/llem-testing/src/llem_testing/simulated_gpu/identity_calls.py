"""Who a device is: names, PCI, MIG. Each function takes the call first, then NVML's arguments."""

import ctypes
from collections.abc import Callable
from typing import Any

from llem_testing.simulated_gpu.calls import NVML, Call, Handle, refusal


def _uuid(call: Call) -> str:
    return call.gpu.uuid if call.mig is None else call.mig.uuid


def _name(call: Call) -> str:
    return call.gpu.name if call.mig is None else call.mig.name


def _pci_info(call: Call) -> Any:
    bus_id = call.gpu.pci_bus_id
    domain, bus, device = bus_id.partition(".")[0].split(":")
    info = NVML.nvmlPciInfo_t()
    info.busIdLegacy = bus_id[4:].encode()
    info.busId = bus_id.encode()
    info.domain, info.bus, info.device = int(domain, 16), int(bus, 16), int(device, 16)
    info.pciDeviceId = call.gpu.pci_device_id
    info.pciSubSystemId = call.gpu.pci_subsystem_id
    return info


def _mig_mode(call: Call) -> list[int]:
    """Current and pending mode."""
    if call.gpu.mig_mode is None:
        raise refusal("not_supported")
    return [int(call.gpu.mig_mode)] * 2


def _mig_capacity(call: Call) -> int:
    return 0 if call.gpu.mig_mode is None else 7


def _mig_handle(call: Call, index: int) -> Handle:
    if call.gpu.mig_mode is None:
        raise refusal("not_supported")
    if not 0 <= index < len(call.gpu.mig_devices):
        raise refusal("not_found")
    return Handle(call.board.index, index)


def _parent(call: Call) -> Handle:
    if call.mig is None:
        raise refusal("invalid_argument")
    return Handle(call.board.index)


def _is_mig(call: Call) -> ctypes.c_uint:
    """As pynvml does, the C integer and not its value."""
    return ctypes.c_uint(call.mig is not None)


def _gpu_instance(call: Call) -> int:
    if call.mig is None:
        raise refusal("invalid_argument")
    return call.mig.gpu_instance_id


def _compute_instance(call: Call) -> int:
    if call.mig is None:
        raise refusal("invalid_argument")
    return call.mig.compute_instance_id


IDENTITY_CALLS: dict[str, Callable[..., Any]] = {
    "nvmlDeviceGetUUID": _uuid,
    "nvmlDeviceGetName": _name,
    "nvmlDeviceGetIndex": lambda call: call.board.index,
    "nvmlDeviceGetMinorNumber": lambda call: call.board.index,
    "nvmlDeviceGetPciInfo": _pci_info,
    "nvmlDeviceGetPciInfo_v3": _pci_info,
    "nvmlDeviceGetArchitecture": lambda call: call.gpu.architecture,
    "nvmlDeviceGetCudaComputeCapability": lambda call: call.gpu.compute_capability,
    "nvmlDeviceGetMigMode": _mig_mode,
    "nvmlDeviceGetMaxMigDeviceCount": _mig_capacity,
    "nvmlDeviceGetMigDeviceHandleByIndex": _mig_handle,
    "nvmlDeviceGetDeviceHandleFromMigDeviceHandle": _parent,
    "nvmlDeviceIsMigDeviceHandle": _is_mig,
    "nvmlDeviceGetGpuInstanceId": _gpu_instance,
    "nvmlDeviceGetComputeInstanceId": _compute_instance,
}
"""By the name that pynvml gives them."""
