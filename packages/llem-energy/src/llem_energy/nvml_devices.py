"""The device source `nvml`: NVIDIA GPUs by UUID, in the order in which CUDA shows them."""

import os
import re
from collections.abc import Mapping, Sequence

from llem_contracts import ConfigError, DeviceState, Problem
from llem_schema import AcceleratorFacts, RunSettings

from llem_energy.nvml_facts import read_facts, read_state
from llem_energy.nvml_handles import Gpu, Inventory, take_inventory, text
from llem_energy.nvml_library import NvmlLibrary, NvmlRefusal, open_library
from llem_energy.nvml_problems import no_nvml, unreadable_gpu
from llem_energy.visibility import Visibility, visible_gpus

_LOGICAL = re.compile(r"cuda(?::(\d+))?\Z")
_OLD_MIG_ID = re.compile(r"MIG-(GPU-[0-9a-fA-F-]+)/\d+/\d+\Z")
_ORDER_CURE = "Set CUDA_DEVICE_ORDER=PCI_BUS_ID, or name the GPUs in CUDA_VISIBLE_DEVICES by UUID."
_ORDER = (
    "this machine has GPUs of different models, and CUDA numbers them by a speed that the driver "
    "does not tell"
)


class NvmlDevices:
    """Identity, facts and state of NVIDIA GPUs."""

    def __init__(self, library: NvmlLibrary, environ: Mapping[str, str]) -> None:
        """`environ`: where `CUDA_VISIBLE_DEVICES` and `CUDA_DEVICE_ORDER` are looked up."""
        self._library = library
        self._environ = environ
        self._known: Inventory | None = None

    def problems(self) -> tuple[Problem, ...]:
        inventory = self._inventory()
        if inventory.failure is not None:
            return (no_nvml(inventory.failure, blocking=False),)
        found = [unreadable_gpu(sentence, blocking=False) for sentence in inventory.unreadable]
        visibility = self._visibility(inventory)
        if not visibility.order_known:
            found.append(
                Problem(
                    code="gpu_order_unknown",
                    message=_ORDER,
                    cure=_ORDER_CURE,
                    blocking=not visibility.set_known,
                )
            )
        elif inventory.gpus and not visibility.gpus:
            found.append(
                Problem(
                    code="gpus_hidden",
                    message="CUDA_VISIBLE_DEVICES="
                    f"{self._environ.get('CUDA_VISIBLE_DEVICES', '')!r} hides all GPUs",
                    cure="Unset it, or name a GPU that exists.",
                    blocking=False,
                )
            )
        return tuple(found)

    def visible(self) -> tuple[AcceleratorFacts, ...]:
        visibility = self._visibility(self._inventory())
        once = dict.fromkeys(gpu.uuid for gpu in visibility.gpus)
        return tuple(self.facts(uuid) for uuid in once)

    def resolve(self, logical: Sequence[str]) -> tuple[str, ...]:
        inventory = self._inventory()
        if inventory.failure is not None:
            problem = no_nvml(inventory.failure, blocking=True)
            raise ConfigError(
                f"{', '.join(logical)} cannot be found: {problem.message}", cure=problem.cure
            )
        visibility = self._visibility(inventory)
        return tuple(_resolve(name, visibility) for name in logical)

    def facts(self, uuid: str) -> AcceleratorFacts:
        return read_facts(self._library, self._gpu(uuid))

    def state(self, uuid: str) -> DeviceState:
        return read_state(self._library, self._gpu(uuid))

    def _gpu(self, uuid: str) -> Gpu:
        inventory = self._inventory()
        gpu = inventory.by_uuid(uuid)
        if gpu is None and uuid.startswith("MIG-") and inventory.failure is None:
            gpu = inventory.by_uuid(self._parent_of_mig(uuid) or uuid.replace("MIG-", "GPU-", 1))
        if gpu is None:
            raise ConfigError(
                f"the NVIDIA driver shows no GPU {uuid}",
                cure="Compare with the UUIDs that `nvidia-smi -L` lists.",
            )
        return gpu

    def _inventory(self) -> Inventory:
        """Identities do not change while a process lives; a failure is looked at again."""
        if self._known is None or self._known.failure is not None:
            self._known = take_inventory(self._library)
        return self._known

    def _visibility(self, inventory: Inventory) -> Visibility:
        return visible_gpus(inventory.gpus, self._environ, self._parent_of_mig)

    def _parent_of_mig(self, mig_id: str) -> str | None:
        old_form = _OLD_MIG_ID.match(mig_id)
        if old_form is not None:
            return old_form[1]
        try:
            slice_handle = self._library.call("nvmlDeviceGetHandleByUUID", mig_id)
            board = self._library.call("nvmlDeviceGetDeviceHandleFromMigDeviceHandle", slice_handle)
            return text(self._library.call("nvmlDeviceGetUUID", board))
        except NvmlRefusal:  # CUDA treats an id that it cannot find as invalid, and so do we
            return None


def create_nvml_devices(settings: RunSettings) -> NvmlDevices:
    """Factory of the entry point. Raises `PluginError` for an unusable `LLEM_NVML_BINDING`."""
    return NvmlDevices(open_library(), os.environ)


def _resolve(name: str, visibility: Visibility) -> str:
    match = _LOGICAL.match(name)
    if match is None:
        raise ConfigError(f"{name!r} is no CUDA device", cure="Write `cuda:0`, `cuda:1`, ...")
    if not visibility.order_known:
        raise ConfigError(f"it is unknown which GPU {name} is: {_ORDER}", cure=_ORDER_CURE)
    position = int(match[1] or 0)
    if position >= len(visibility.gpus):
        raise ConfigError(
            f"there is no {name}: CUDA shows {len(visibility.gpus)} GPUs to this process",
            cure="Check CUDA_VISIBLE_DEVICES and the number of the device.",
        )
    return visibility.gpus[position].uuid
