"""What is wrong when NVML does not answer, and what a person can do about it."""

from collections.abc import Sequence

from llem_contracts import Problem

from llem_energy.nvml_handles import Gpu
from llem_energy.nvml_library import (
    DRIVER_NOT_LOADED,
    FUNCTION_NOT_FOUND,
    LIBRARY_NOT_FOUND,
    NvmlRefusal,
)

_CURES = {
    LIBRARY_NOT_FOUND: (
        "Install the NVIDIA driver if this machine has an NVIDIA GPU; in a container, start it "
        "with access to the GPUs."
    ),
    DRIVER_NOT_LOADED: "Load the NVIDIA driver: `sudo modprobe nvidia`.",
    FUNCTION_NOT_FOUND: "Update the NVIDIA driver.",
}


def no_nvml(refusal: NvmlRefusal, *, blocking: bool) -> Problem:
    """NVML as a whole does not answer."""
    return Problem(
        code="nvml_unavailable",
        message=f"the NVIDIA management library cannot be used: {refusal.reason}",
        cure=_CURES.get(refusal.code, "Check the driver with `nvidia-smi`."),
        blocking=blocking,
    )


def unreadable_gpu(sentence: str, *, blocking: bool) -> Problem:
    """One GPU does not say who it is."""
    return Problem(
        code="gpu_unreadable",
        message=sentence,
        cure="Check it with `nvidia-smi`; a lost GPU needs a reset or a reboot.",
        blocking=blocking,
    )


def unknown_gpu(uuid: str, unreadable: Sequence[str]) -> Problem:
    """A UUID that the driver does not show. `unreadable`: a sentence for each GPU without one."""
    return Problem(
        code="gpu_not_found",
        message="; ".join([f"the NVIDIA driver shows no GPU {uuid}", *unreadable]),
        cure="Compare with the UUIDs that `nvidia-smi -L` lists.",
    )


def shared_gpu(gpu: Gpu) -> Problem:
    """A board in partitions, of which none has a sensor of its own."""
    return Problem(
        code="mig_parent",
        message=f"{gpu.name} ({gpu.uuid}) is partitioned, and its sensors see the whole board",
        cure="Keep the other partitions idle while measuring, or turn partitioning off.",
        blocking=False,
    )
