"""On which devices a model lies: what is planned, what stands in the way, and what became of it."""

from collections.abc import Iterator, Sequence
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


def placement_problems(
    settings: Settings, installed: Installed, shards: int = 1
) -> tuple[Problem, ...]:
    """Settings that exclude one another, and libraries that are not there.

    `shards`: processes among which the model of this one is split already.
    """
    if settings.tp_plan is None and settings.device_map is None:
        return ()
    asked = "pytorch.tp_plan" if settings.tp_plan is not None else "pytorch.device_map"
    return (
        *(_of_tensor_parallelism(settings, shards) if settings.tp_plan is not None else ()),
        *(_of_device_map(settings) if settings.device_map is not None else ()),
        *missing(("accelerate",), needed_by=asked, extra="device-map", installed=installed),
    )


def _of_tensor_parallelism(settings: Settings, shards: int) -> Iterator[Problem]:
    if settings.num_processes == 1 and shards == 1:
        yield Problem(
            code="tensor_parallel_not_launched",
            message="pytorch.tp_plan splits a model among processes, and pytorch.num_processes "
            "is 1",
            cure="Set pytorch.num_processes to the number of GPUs that are to share the model, or "
            "spread its layers in one process with pytorch.device_map: auto.",
        )
    beside = {
        "pytorch.device_map": settings.device_map is not None,
        "pytorch.quantization": settings.quantization is not None,
        "pytorch.assistant_model": settings.assistant_model is not None,
        "pytorch.batching: continuous": settings.batching == "continuous",
    }
    for key in (key for key, asked in beside.items() if asked):
        yield Problem(
            code="setting_conflict",
            message=f"pytorch.tp_plan splits the matrices, which {key} does not go with",
            cure="Leave out one of the two.",
        )


def _of_device_map(settings: Settings) -> Iterator[Problem]:
    if settings.device == CPU:
        yield Problem(
            code="setting_conflict",
            message="pytorch.device_map spreads a model over GPUs, and pytorch.device is cpu",
            cure="Leave out one of the two.",
        )
    if settings.num_processes > 1:
        yield Problem(
            code="setting_conflict",
            message="pytorch.device_map spreads a model over all GPUs, and "
            "pytorch.num_processes gives each process one",
            cure="Leave out one of the two.",
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
