"""What a folder must hold to be a model."""

import json
from collections.abc import Iterable
from pathlib import Path

from llem_backend_pytorch.problems import UnusableModel, unusable

_WHOLE = ("model.safetensors", "pytorch_model.bin")
_INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
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


def folder_fault(folder: Path, name: str) -> UnusableModel | None:
    """The first thing that a folder lacks; None for one that looks whole."""
    if not (folder / "config.json").is_file():
        return unusable(
            "no_model_config",
            f"{name!r} holds no config.json",
            "Give the folder that save_pretrained wrote.",
        )
    missing = _missing_weights(folder)
    if missing:
        return unusable(
            "no_weights",
            f"{name!r} lacks the weights {missing}",
            "Copy or download the checkpoint again, whole.",
        )
    if not any((folder / file).is_file() for file in _TOKENIZERS):
        return unusable(
            "no_tokenizer",
            f"{name!r} holds no tokenizer",
            "Save the tokenizer into the same folder with save_pretrained.",
        )
    return None


def files_needed(names: Iterable[str]) -> tuple[str, ...]:
    """Of the files of a repository, those that loading reads: one set of weights, no more.

    Weights in other formats, copies in subfolders, and documentation stay where they are.
    """
    top = [name for name in names if "/" not in name]
    small = [name for name in top if name.endswith(_SMALL_SUFFIXES)]
    safe = [n for n in top if n.startswith("model") and n.endswith(".safetensors")]
    pickled = [n for n in top if n.startswith("pytorch_model") and n.endswith(".bin")]
    return tuple(sorted(small + (safe or pickled)))


def _missing_weights(folder: Path) -> str | None:
    if any((folder / file).is_file() for file in _WHOLE):
        return None
    for index in _INDEXES:
        path = folder / index
        if not path.is_file():
            continue
        try:
            shards = sorted(set(json.loads(path.read_text())["weight_map"].values()))
        except (ValueError, KeyError, TypeError, AttributeError):
            return f"that a readable {index} would name"
        lost = [shard for shard in shards if not (folder / shard).is_file()]
        return ", ".join(lost) or None
    return _WHOLE[0]
