"""GPUs that a meter is asked for: found by UUID, or why not, and what all their readings say."""

from collections.abc import Callable, Sequence

from llem_contracts import ConfigError, LlemError, NotSupported, Problem
from llem_schema import HOST_ID, DeviceFacts

from llem_energy.nvml_handles import Gpu, take_inventory
from llem_energy.nvml_library import NvmlLibrary, NvmlRefusal
from llem_energy.nvml_problems import no_nvml, shared_gpu, unknown_gpu


def find_gpus(library: NvmlLibrary, devices: Sequence[str], meter: str) -> tuple[Gpu, ...]:
    """The GPUs with these UUIDs, in their order.

    Raises `NotSupported` for the host, `ConfigError` for no device or one named twice, and
    `LlemError` where the driver does not show one.
    """
    if HOST_ID in devices:
        raise NotSupported(
            f"the meter {meter} reads NVIDIA GPUs, not the host CPU",
            cure="Choose `energy.meter: auto`.",
        )
    if not devices:
        raise ConfigError("no device was given to the meter", cure="Name at least one GPU.")
    if len(set(devices)) < len(devices):
        raise ConfigError(
            "a device was given to the meter twice", cure="Name every GPU once, by UUID."
        )
    inventory = take_inventory(library)
    if inventory.failure is not None:
        raise as_error(no_nvml(inventory.failure, blocking=True))
    found = []
    for uuid in devices:
        gpu = inventory.by_uuid(uuid)
        if gpu is None:
            raise as_error(unknown_gpu(uuid, inventory.unreadable))
        found.append(gpu)
    return tuple(found)


def device_problems(
    library: NvmlLibrary,
    devices: Sequence[DeviceFacts],
    of_gpu: Callable[[Gpu], Sequence[Problem]],
) -> tuple[Problem, ...]:
    """What stands in the way of metering these devices. `of_gpu`: what the meter adds for each."""
    inventory = take_inventory(library)
    if inventory.failure is not None:
        return (no_nvml(inventory.failure, blocking=True),)
    found: list[Problem] = []
    for facts in devices:
        gpu = inventory.by_uuid(facts.uuid)
        if gpu is None:
            found.append(unknown_gpu(facts.uuid, inventory.unreadable))
            continue
        found += of_gpu(gpu)
        if _in_mig_mode(library, gpu):
            found.append(shared_gpu(gpu))
    return tuple(found)


def reading_flags(library: NvmlLibrary, gpu: Gpu) -> tuple[str, ...]:
    """What every reading of this GPU has to say."""
    flags = []
    if _in_mig_mode(library, gpu):
        flags.append("mig_parent")
    if library.simulated:
        flags.append("simulated_device")
    return tuple(flags)


def as_error(problem: Problem) -> LlemError:
    """The error of a meter that was opened in spite of a problem."""
    return LlemError(problem.message, cure=problem.cure)


def _in_mig_mode(library: NvmlLibrary, gpu: Gpu) -> bool:
    try:
        current, _pending = library.call("nvmlDeviceGetMigMode", gpu.handle)
    except NvmlRefusal:  # boards without MIG refuse the question
        return False
    return bool(current)
