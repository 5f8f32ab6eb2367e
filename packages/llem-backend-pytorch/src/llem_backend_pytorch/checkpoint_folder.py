"""What a folder or a hub repository must hold to be a model."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from llem_backend_pytorch.problems import UnusableModel, unusable
from llem_backend_pytorch.weight_files import missing_weights

ADAPTER_CONFIG = "adapter_config.json"

_TOKENIZERS = (
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
    "spiece.model",
    "tekken.json",
)
_SMALL_SUFFIXES = (".json", ".txt", ".model", ".jinja", ".tiktoken")


@dataclass(frozen=True)
class Checkpoint:
    """What of a model's files is used."""

    weights: bool = True
    """False for dummy weights."""
    code: bool = False
    """The repository's own Python code."""

    config_file = "config.json"
    noun = "model"

    def fault(self, folder: Path, name: str) -> UnusableModel | None:
        """The first thing that a folder lacks; None for one that looks whole."""
        files = {path.name for path in folder.iterdir()}
        if ADAPTER_CONFIG in files:  # transformers would load it, and the model that it names
            return unusable(
                "not_a_model",
                f"{name!r} holds {ADAPTER_CONFIG}, so it is an adapter and no model",
                "Name the model that it was made for as model, and this as lora.adapter or "
                "lora.path.",
            )
        if self.config_file not in files:
            return unusable(
                "no_model_config",
                f"{name!r} holds no config.json",
                "Give the folder that save_pretrained wrote.",
            )
        missing = missing_weights(folder) if self.weights else None
        if missing:
            return unusable(
                "no_weights",
                f"{name!r} lacks the weights {missing}",
                "Copy or download the checkpoint again, whole, or set pytorch.load_format to "
                "dummy.",
            )
        return None

    def whole(self, folder: Path) -> bool:
        """Whether the snapshot of a repository was taken with all that is used of it: without
        weights it may have been taken for its config alone, and code may have been left out."""
        files = {path.name for path in folder.iterdir()}
        coded = self.code and "auto_map" in (folder / self.config_file).read_text("utf-8")
        return has_tokenizer(files) and (not coded or any(n.endswith(".py") for n in files))

    def listing_fault(self, names: Iterable[str], model: str) -> UnusableModel | None:
        """The first thing that a hub repository lacks, by the names of its files."""
        top = {name for name in names if "/" not in name}
        if self.config_file not in top:
            return unusable(
                "no_model_config",
                f"the hub repository {model!r} holds no config.json",
                "Take a repository in the layout of transformers.",
            )
        if self.weights and not _weight_files(top):
            return unusable(
                "no_weights",
                f"the hub repository {model!r} holds neither safetensors nor PyTorch weights",
                "Take a repository in the layout of transformers, or set pytorch.load_format to "
                "dummy.",
            )
        return None

    def read_by_plan(self, names: Iterable[str]) -> tuple[str, ...]:
        """Of the files of a repository, those that tell what kind of model it is."""
        return (self.config_file, *_code(names)) if self.code else (self.config_file,)

    def needed(self, names: Iterable[str]) -> tuple[str, ...]:
        """Of the files of a repository, those that loading reads: one set of weights, no more.

        Weights in other formats, copies in subfolders, and documentation stay where they are.
        """
        top = [name for name in names if "/" not in name]
        small = [
            name
            for name in top
            if name.endswith(_SMALL_SUFFIXES) and not name.startswith("adapter_")
        ]
        weights = _weight_files(top) if self.weights else ()
        return tuple(sorted({*small, *weights, *(_code(top) if self.code else ())}))


def has_tokenizer(names: Iterable[str]) -> bool:
    """Whether any file of a tokenizer is among these."""
    return not set(_TOKENIZERS).isdisjoint(names)


def _code(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name.endswith(".py") and "/" not in name)


def _weight_files(names: Iterable[str]) -> tuple[str, ...]:
    known = tuple(names)
    safe = [n for n in known if n.startswith("model") and n.endswith(".safetensors")]
    pickled = [n for n in known if n.startswith("pytorch_model") and n.endswith(".bin")]
    return tuple(safe or pickled)
