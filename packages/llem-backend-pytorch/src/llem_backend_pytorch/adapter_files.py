"""What a folder or a hub repository must hold to be a LoRA adapter."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from llem_backend_pytorch.checkpoint_folder import ADAPTER_CONFIG
from llem_backend_pytorch.problems import UnusableModel, first_line, unusable

WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")


@dataclass(frozen=True)
class AdapterFiles:
    """The files that PEFT's `save_pretrained` writes."""

    noun = "adapter"

    def fault(self, folder: Path, name: str) -> UnusableModel | None:
        """The first thing that a folder lacks; None for one that looks whole."""
        files = tuple(path.name for path in folder.iterdir())
        fault = self.listing_fault(files, name)
        return fault or _fault_of_config(folder / ADAPTER_CONFIG, name)

    def whole(self, folder: Path) -> bool:
        """A snapshot without fault lacks nothing: all of its files are needed."""
        del folder
        return True

    def listing_fault(self, names: Iterable[str], model: str) -> UnusableModel | None:
        """The first thing that is missing, by the names of the files."""
        files = set(names)
        for wanted in ((ADAPTER_CONFIG,), WEIGHTS):
            if files.isdisjoint(wanted):
                return unusable(
                    "adapter_not_usable",
                    f"the adapter {model!r} holds no {' or '.join(wanted)}",
                    "Give what PEFT's save_pretrained wrote.",
                )
        return None

    def read_by_plan(self, names: Iterable[str]) -> tuple[str, ...]:
        """The config alone."""
        del names
        return (ADAPTER_CONFIG,)

    def needed(self, names: Iterable[str]) -> tuple[str, ...]:
        """The config and one file of weights."""
        files = set(names)
        return (ADAPTER_CONFIG, *[name for name in WEIGHTS if name in files][:1])


def _fault_of_config(path: Path, name: str) -> UnusableModel | None:
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
        kind = stated.get("peft_type")
    except (OSError, ValueError, AttributeError) as error:
        return unusable(
            "adapter_not_usable",
            f"the {ADAPTER_CONFIG} of the adapter {name!r} cannot be read: {first_line(error)}",
            "Copy or download the adapter again.",
        )
    if kind == "LORA":
        return None
    return unusable(
        "adapter_not_usable",
        f"the adapter {name!r} is of the kind {kind} and no LoRA adapter",
        "Take a LoRA adapter, or merge this one into its model and give that as model.",
    )
