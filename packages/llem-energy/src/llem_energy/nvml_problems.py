"""What is wrong when NVML does not answer, and what a person can do about it."""

from llem_contracts import Problem

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
