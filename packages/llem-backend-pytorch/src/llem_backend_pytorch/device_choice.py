"""CPU or CUDA, decided without touching a device."""

from collections.abc import Sequence
from typing import Literal

from llem_contracts import Problem
from llem_schema import DeviceFacts

CPU = "cpu"
CUDA = "cuda:0"


def choose_device(
    wanted: Literal["auto", "cpu", "cuda"],
    visible: Sequence[DeviceFacts],
    cuda_version: str | None,
) -> tuple[str, tuple[Problem, ...]]:
    """The logical device for what is wanted, and what stands in the way.

    `cuda_version` is the one that torch was built with, None for a build without CUDA.
    """
    accelerators = any(facts.kind == "accelerator" for facts in visible)
    if wanted == "cpu":
        return CPU, ()
    if wanted == "auto":
        if accelerators and cuda_version is None:
            return CPU, (_torch_without_cuda(blocking=False),)
        return (CUDA if accelerators else CPU), ()
    if not accelerators:
        return CUDA, (
            Problem(
                code="no_cuda_device",
                message="pytorch.device is cuda and no CUDA device is visible",
                cure="Set pytorch.device to cpu or auto, or check the driver and "
                "CUDA_VISIBLE_DEVICES.",
            ),
        )
    if cuda_version is None:
        return CUDA, (_torch_without_cuda(blocking=True),)
    return CUDA, ()


def _torch_without_cuda(*, blocking: bool) -> Problem:
    return Problem(
        code="torch_without_cuda",
        message="a GPU is visible and the installed torch was built without CUDA",
        cure="Install a CUDA build of torch, or set pytorch.device to cpu.",
        blocking=blocking,
    )
