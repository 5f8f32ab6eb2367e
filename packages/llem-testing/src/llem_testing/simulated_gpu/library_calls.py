"""Calls without a device: versions, the number of boards, and how a device is found."""

from collections.abc import Callable
from typing import Any

from llem_testing.simulated_gpu.calls import Handle, Machine, refusal


def _by_index(machine: Machine, index: int) -> Handle:
    if not 0 <= index < len(machine.boards):
        raise refusal("invalid_argument")
    return Handle(index)


def _by_uuid(machine: Machine, uuid: str | bytes) -> Handle:
    wanted = uuid.decode() if isinstance(uuid, bytes) else uuid
    for board in machine.boards:
        if board.gpu.uuid == wanted:
            return Handle(board.index)
        for number, mig in enumerate(board.gpu.mig_devices):
            if mig.uuid == wanted:
                return Handle(board.index, number)
    raise refusal("not_found")


def _by_pci_bus_id(machine: Machine, bus_id: str | bytes) -> Handle:
    """Four or eight digits for the domain, in any case."""
    text = bus_id.decode() if isinstance(bus_id, bytes) else bus_id
    domain, colon, rest = text.upper().partition(":")
    wanted = f"{domain:0>8}{colon}{rest}"
    for board in machine.boards:
        if board.gpu.pci_bus_id == wanted:
            return Handle(board.index)
    raise refusal("not_found")


HANDLE_CALLS: dict[str, Callable[..., Handle]] = {
    "nvmlDeviceGetHandleByIndex": _by_index,
    "nvmlDeviceGetHandleByUUID": _by_uuid,
    "nvmlDeviceGetHandleByPciBusId": _by_pci_bus_id,
}
"""By the name that pynvml gives them."""

LIBRARY_CALLS: dict[str, Callable[..., Any]] = {
    "nvmlDeviceGetCount": lambda machine: len(machine.boards),
    "nvmlSystemGetDriverVersion": lambda machine: machine.scenario.driver_version,
    "nvmlSystemGetNVMLVersion": lambda machine: machine.scenario.nvml_version,
    "nvmlSystemGetCudaDriverVersion": lambda machine: machine.scenario.cuda_version,
    "nvmlSystemGetCudaDriverVersion_v2": lambda machine: machine.scenario.cuda_version,
}
"""By the name that pynvml gives them."""
