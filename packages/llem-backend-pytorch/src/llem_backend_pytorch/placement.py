"""On which devices a model lies: what is planned, what stands in the way, and what became of it."""

from collections.abc import Sequence
from typing import Any

from llem_contracts import BackendError, Problem
from llem_schema import DeviceFacts

from llem_backend_pytorch.device_choice import CPU
from llem_backend_pytorch.libraries import Installed, missing
from llem_backend_pytorch.replica_placement import replica_devices
from llem_backend_pytorch.settings import Settings


def planned_devices(
    settings: Settings, device: str, visible: Sequence[DeviceFacts]
) -> tuple[str, ...]:
    """Logical devices: the one that was chosen, one for each copy of the model, or all GPUs where a
    map spreads it."""
    if settings.num_processes > 1:
        return tuple(dict.fromkeys(replica_devices(device, settings.num_processes)))
    if settings.device_map is None or device == CPU:
        return (device,)
    boards = sum(facts.kind == "accelerator" for facts in visible)
    return tuple(f"cuda:{index}" for index in range(max(boards, 1)))


def placement_problems(settings: Settings, installed: Installed) -> tuple[Problem, ...]:
    """Settings that exclude one another, and libraries that are not there."""
    problems: list[Problem] = []
    if settings.tp_plan is not None:
        problems.append(
            Problem(
                code="tensor_parallel_not_launched",
                message="pytorch.tp_plan splits a model among processes, one for each GPU, and "
                "llem runs the model in one",
                cure="Set pytorch.device_map to auto, which spreads the layers in one process.",
            )
        )
    if settings.device_map is None:
        return tuple(problems)
    if settings.device == CPU:
        problems.append(
            Problem(
                code="setting_conflict",
                message="pytorch.device_map spreads a model over GPUs, and pytorch.device is cpu",
                cure="Leave out one of the two.",
            )
        )
    if settings.num_processes > 1:
        problems.append(
            Problem(
                code="setting_conflict",
                message="pytorch.device_map spreads a model over all GPUs, and "
                "pytorch.num_processes gives each copy of it one",
                cure="Leave out one of the two.",
            )
        )
    return (
        *problems,
        *missing(
            ("accelerate",),
            needed_by="pytorch.device_map",
            extra="device-map",
            installed=installed,
        ),
    )


def device_problems(settings: Settings, device: str) -> tuple[Problem, ...]:
    """What the device cannot do."""
    if settings.quantization is None or device != CPU:
        return ()
    return (
        Problem(
            code="no_cuda_device",
            message="pytorch.quantization needs a CUDA device, and the model is to run on the CPU",
            cure="Leave pytorch.quantization out for a run on the CPU.",
        ),
    )


def device_map_of(model: Any) -> dict[str, str]:
    """Device by module, of a model that a map has spread; empty for one on a single device."""
    placed = getattr(model, "hf_device_map", None) or {}
    return {name: _spelled(device) for name, device in placed.items()}


def refuse_offloading(model: Any, name: str, device: str) -> None:
    """Raise where a map has put a part of the model beside the GPUs, for want of memory: every step
    would wait for that part to be copied."""
    beside = [m for m, d in device_map_of(model).items() if not d.startswith(device.split(":")[0])]
    if beside:
        raise BackendError(
            f"the GPUs are too small for the model {name!r}: {len(beside)} of its modules, "
            f"{beside[0]!r} among them, would lie outside of them",
            cure="Take a smaller model or a lower precision, set pytorch.quantization, or free "
            "the devices.",
        )


def _spelled(device: Any) -> str:
    return f"cuda:{device}" if isinstance(device, int) else str(device)
