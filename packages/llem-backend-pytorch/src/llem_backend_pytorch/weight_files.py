"""Files of weights in a folder: whether they are whole, and what they hold.

A safetensors file begins with the length of its header in 8 bytes, little end first; the header is
JSON with type, shape and place of each tensor (https://github.com/huggingface/safetensors).
"""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from llem_backend_pytorch.problems import UnusableModel, unusable

WHOLE = ("model.safetensors", "pytorch_model.bin")
INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")

_LENGTH_BYTES = 8
_WHOLE_NUMBERS = ("I", "U", "BOOL")
"""How the names of types begin whose values are no weights as they stand, but packed or scaled."""
_AGAIN = "Copy or download the checkpoint again, whole."


def missing_weights(folder: Path) -> str | None:
    """The files of weights that a folder lacks; None where all are there."""
    if any((folder / name).is_file() for name in WHOLE):
        return None
    for index in INDEXES:
        if not (folder / index).is_file():
            continue
        try:
            shards = _shards(folder / index)
        except (ValueError, KeyError, TypeError, AttributeError):
            return f"that a readable {index} would name"
        lost = [shard for shard in shards if not (folder / shard).is_file()]
        return ", ".join(lost) or None
    return WHOLE[0]


def used_files(folder: Path) -> tuple[Path, ...]:
    """Of the files of weights those that transformers reads; none where they are not there yet."""
    for whole, index in zip(WHOLE, INDEXES, strict=True):
        if (folder / whole).is_file():
            return (folder / whole,)
        if (folder / index).is_file():
            return tuple(folder / shard for shard in _shards(folder / index))
    return ()


def weights_fault(model: str, folder: Path, numbers: Collection[str]) -> UnusableModel | None:
    """The first thing that is wrong with a folder's safetensors; None for others.

    `numbers` names the weights that have to be floating-point numbers: transformers takes integers
    for them without a word.
    """
    for path in used_files(folder):
        if path.suffix != ".safetensors" or not path.is_file():
            continue
        header = _header(path)
        if header is None:
            return unusable(
                "model_not_loadable",
                f"the file {path.name} of {model!r} is no safetensors file, or is cut short",
                _AGAIN,
            )
        held, told = path.stat().st_size, _LENGTH_BYTES + header.bytes
        if held != told:
            return unusable(
                "model_not_loadable",
                f"the file {path.name} of {model!r} holds {held:,} bytes of {told:,}",
                _AGAIN,
            )
        odd = next((n for n, t in header if n in numbers and _is_whole(t["dtype"])), None)
        if odd is not None:
            return unusable(
                "model_not_loadable",
                f"the file {path.name} of {model!r} keeps {odd} as {header[odd]['dtype']}, and its "
                "config.json does not say how it was quantised",
                "Take the config.json that belongs to it, or the checkpoint before quantisation.",
            )
    return None


def misshapen(folder: Path, shapes: Mapping[str, tuple[int, ...]]) -> str | None:
    """The first weight whose shape in the folder is not the given one, told in words."""
    for path in used_files(folder):
        header = _header(path) if path.suffix == ".safetensors" else None
        for name, tensor in header or ():
            held = tuple(tensor["shape"])
            if shapes.get(name, held) != held:
                return (
                    f"{name} has the shape {list(held)} and its config makes {list(shapes[name])}"
                )
    return None


def _is_whole(dtype: str) -> bool:
    return dtype.startswith(_WHOLE_NUMBERS)


class _Header:
    """What the header of a safetensors file says."""

    def __init__(self, length: int, tensors: dict[str, dict[str, Any]]) -> None:
        self._tensors = tensors
        ends = [tensor["data_offsets"][1] for tensor in tensors.values()]
        self.bytes = length + max(ends, default=0)
        """Of header and tensors together."""

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        return iter(self._tensors.items())

    def __getitem__(self, name: str) -> dict[str, Any]:
        return self._tensors[name]


def _header(path: Path) -> _Header | None:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            if not 0 < length <= path.stat().st_size:
                return None
            stated = json.loads(file.read(length))
        stated.pop("__metadata__", None)
        return _Header(length, stated)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None


def _shards(index: Path) -> list[str]:
    return sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
