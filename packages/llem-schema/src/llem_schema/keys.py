"""The keys of a model at every depth, and the one that a misspelt key most likely meant."""

from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import Any, get_args, get_origin

from pydantic import BaseModel

_MOVED = 2
"""What it counts, in edits, that a key stands in another section than the one that has it."""


def known_keys(model: type[BaseModel]) -> tuple[str, ...]:
    """Every key of a model by dotted path, in the order of declaration, sections before their keys.

    `*` stands for a position in a list or a key of a mapping: `environment_snapshot.gpus.*.uuid`.
    What is inside a free-form mapping has no known keys.
    """
    return tuple(_keys_of(model, "", ()))


def nearest_key(unknown: str, known: Iterable[str]) -> str | None:
    """The dotted key that an unknown one most likely meant; None where none is near.

    Near means a third of the letters at most, counted in letters left out, put in, replaced, or
    exchanged with their neighbour. A key of the same section goes before an equally near one of
    another section, and there the very same key before others; among equals the first in `known`
    wins. A section is never meant by a key inside it.
    """
    section, leaf = _section(unknown), _leaf(unknown)
    costs = {
        key: (_cost(unknown, key), _section(key) != section, _leaf(key) != leaf)
        for key in known
        if not unknown.startswith(f"{key}.")
    }
    best = min(costs, key=costs.__getitem__, default=None)
    return None if best is None or costs[best][0] == inf else best


def _keys_of(
    model: type[BaseModel], prefix: str, above: tuple[type[BaseModel], ...]
) -> Iterator[str]:
    if model in above:  # a model that holds itself has no end of keys
        return
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        for inside, inner in _models_in(field.annotation):
            yield from _keys_of(inner, f"{prefix}{name}.{inside}", (*above, model))


def _models_in(annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    """Models in a field's type, each with the part of the path that leads to it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield "", annotation
    origin = get_origin(annotation)
    container = isinstance(origin, type) and issubclass(origin, (list, tuple, Mapping))
    for argument in get_args(annotation):
        for inside, model in _models_in(argument):
            yield (f"*.{inside}" if container else inside), model


def _section(key: str) -> str:
    return key.rpartition(".")[0]


def _leaf(key: str) -> str:
    return key.rpartition(".")[2]


def _cost(unknown: str, known: str) -> float:
    leaves = _edits_if_near(_leaf(unknown), _leaf(known))
    if _section(unknown) == _section(known):
        return leaves
    return min(_edits_if_near(unknown, known), leaves + _MOVED)


def _edits_if_near(typed: str, meant: str) -> float:
    """The edits between two texts; infinite where they are more than a third of what was typed."""
    most = min(max(1, len(typed) // 3), len(typed) - 1)
    if abs(len(typed) - len(meant)) > most:
        return inf
    edits = _edits(typed, meant)
    return edits if edits <= most else inf


def _edits(a: str, b: str) -> int:
    """Optimal string alignment: insertions, deletions, replacements, swaps of neighbours."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        two_before, before, row = before, row, [i]
        for j, other in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
    return row[-1]
