"""What `llem config --verbose` shows of configuration: each value, and who gave it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import llem

_ANY_MODEL = "builtin:tiny"
"""Stands in where no file and no flag names one."""


def origins_for(source: Path | None, flags: Mapping[str, Any]) -> llem.Origins:
    """Those of a file and flags; without either, those of a run that names its model alone."""
    unnamed = source is None and "model" not in flags
    order = llem.resolve(source, {"model": _ANY_MODEL, **flags} if unnamed else flags, save=True)
    found = llem.origins_of(order)
    if not unnamed:
        return found
    named = tuple(value for value in found.config if value.key != "model")
    return found.model_copy(update={"config": named})


def origin_lines(origins: llem.Origins) -> Iterator[str]:
    """A table of values with their origins."""
    for title, values in (
        ("Configuration", origins.config),
        ("Settings", origins.settings),
        ("Environment", origins.variables),
    ):
        if not values:
            continue
        yield title
        shown = [(value.key, _shown(value.value), value.origin) for value in values]
        keys, texts = (max(len(row[column]) for row in shown) for column in (0, 1))
        for key, text, origin in shown:
            yield f"  {key:<{keys}}  {text:<{texts}}  {origin}"


def _shown(value: object) -> str:
    """As a YAML file would have it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
