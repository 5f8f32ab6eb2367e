"""Which GPUs CUDA shows a process, and in which order.

From the CUDA C++ programming guide, "CUDA environment variables", and from how the runtime behaves:
`CUDA_VISIBLE_DEVICES` lists indices, UUIDs or their prefixes, or MIG ids; the first invalid entry
hides itself and all after it; a repeated entry hides everything; indices count in the order that
`CUDA_DEVICE_ORDER` sets, by default the fastest first, which among equal models is the order of
PCI bus ids.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from llem_energy.nvml_handles import Gpu

_INDEX = re.compile(r"\s*([+-]?\d+)")


@dataclass(frozen=True)
class Visibility:
    """GPUs in CUDA's order; a board appears once for each of its visible partitions."""

    gpus: tuple[Gpu, ...]
    order_known: bool = True
    """False where CUDA's order depends on which model it finds faster."""
    set_known: bool = True
    """False where the unknown order decides also which GPUs are visible; `gpus` is empty then."""


def visible_gpus(
    gpus: Sequence[Gpu],
    environ: Mapping[str, str],
    parent_of_mig: Callable[[str], str | None],
) -> Visibility:
    """What CUDA shows of `gpus`, which are in the order of PCI bus ids.

    `parent_of_mig`: UUID of the board that holds a MIG device, None where there is none.
    """
    by_pci = environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID"
    order_known = by_pci or len({gpu.name for gpu in gpus}) <= 1
    wanted = environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return Visibility(tuple(gpus), order_known=order_known)
    entries = [entry.strip() for entry in wanted.split(",")]
    if entries[0].startswith("MIG-"):
        return Visibility(_mig_parents(gpus, entries, parent_of_mig))
    if entries[0].startswith("GPU-"):
        return Visibility(_by_uuid(gpus, entries))
    indices = _indices(entries, len(gpus))
    if not indices or order_known:
        return Visibility(tuple(gpus[index] for index in indices))
    if len(indices) == len(gpus):
        return Visibility(tuple(gpus), order_known=False)
    return Visibility((), order_known=False, set_known=False)


def _indices(entries: Sequence[str], count: int) -> list[int]:
    found: list[int] = []
    for entry in entries:
        match = _INDEX.match(entry)
        if match is None or not 0 <= int(match[1]) < count:
            break
        found.append(int(match[1]))
    return found if len(set(found)) == len(found) else []


def _by_uuid(gpus: Sequence[Gpu], entries: Sequence[str]) -> tuple[Gpu, ...]:
    found: list[Gpu] = []
    for entry in entries:
        matches = [gpu for gpu in gpus if entry.startswith("GPU-") and gpu.uuid.startswith(entry)]
        if len(matches) != 1:
            break
        found.append(matches[0])
    return tuple(found) if len({gpu.uuid for gpu in found}) == len(found) else ()


def _mig_parents(
    gpus: Sequence[Gpu], entries: Sequence[str], parent_of_mig: Callable[[str], str | None]
) -> tuple[Gpu, ...]:
    found: list[Gpu] = []
    for entry in entries:
        parent = parent_of_mig(entry) if entry.startswith("MIG-") else None
        board = next((gpu for gpu in gpus if gpu.uuid == parent), None)
        if board is None:
            break
        found.append(board)
    return tuple(found)
