"""Golden documents: files as some version of llem wrote them, which all later ones must read.

A folder of goldens holds one folder per document, in it one per schema version, in it the files:
`result/v1/full.json`. A `.jsonl` file holds one document per line.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from llem_schema import known_keys
from pydantic import BaseModel


def golden_files(folder: Path) -> list[Path]:
    """The golden files of one document, all versions. Raises `ValueError` where there are none."""
    files = sorted(file for file in folder.glob("v*/*") if file.suffix in {".json", ".jsonl"})
    if not files:
        raise ValueError(f"there are no goldens in {folder}")
    return files


def golden_documents(folder: Path) -> list[Any]:
    """The documents in the golden files of one document, as JSON."""
    texts = [
        text
        for file in golden_files(folder)
        for text in (
            file.read_text(encoding="utf-8").splitlines()
            if file.suffix == ".jsonl"
            else [file.read_text(encoding="utf-8")]
        )
    ]
    return [json.loads(text) for text in texts]


def unseen_keys(model: type[BaseModel], documents: Iterable[Any]) -> tuple[str, ...]:
    """Dotted keys of a model that have a value other than None in none of the documents."""
    present = list(documents)
    return tuple(
        key
        for key in known_keys(model)
        if not any(_holds(document, key.split(".")) for document in present)
    )


def _holds(value: Any, parts: list[str]) -> bool:
    if not parts:
        return value is not None
    first, *rest = parts
    if first == "*":
        items = value.values() if isinstance(value, dict) else value or ()
        return any(_holds(item, rest) for item in items)
    return isinstance(value, dict) and _holds(value.get(first), rest)
