"""Documents of every kind from a model's JSON Schema (CFG-26): valid ones, and ones with one fault.

Nothing here knows a field by name, so that a new field is tested from its first day. Documents are
as JSON and YAML give them: dicts, lists, texts, numbers, None.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf, nan
from random import Random
from typing import Any

from llem_testing.json_shapes import Shape, fits, shape_of

UNKNOWN_KEY = "no_such_key"

Document = dict[str, Any]
Place = tuple[str | int, ...]
"""Keys and positions that lead to a value."""

_TEXTS = ("text", "é 漢 😀", "a\nb: #c", "off", "1e3", "2026-11-23", "")
_MOMENTS = ("2026-11-23T14:30:05Z", "2026-11-23T15:30:05.250000+01:00")
_LETTERS = "aZ09_-. :#\n\t\"'\\{[&é漢😀"
_MOST_LETTERS = 12
_FAR = 2**40
_ANYTHING: tuple[Any, ...] = (
    None,
    True,
    3,
    3.0,
    2.5,
    nan,
    inf,
    -inf,
    "3",
    "text",
    [],
    {},
    [{}],
    {UNKNOWN_KEY: 0},
)


@dataclass(frozen=True)
class Changed:
    """A document, and where it differs from the one it was made from."""

    place: Place
    document: Document

    @property
    def key(self) -> str:
        """The place as a dotted key; `*` for a position in a list."""
        return ".".join("*" if isinstance(part, int) else part for part in self.place)


def complete_document(model: Any) -> Document:
    """A document with every key at every depth, none of them None where it need not be."""
    document: Document = _typical((shape_of(model),))
    return document


def minimal_document(model: Any) -> Document:
    """A document with the keys that the model cannot do without."""
    return _least(shape_of(model))


def random_document(model: Any, random: Random) -> Document:
    """A valid document; two of the same state of `random` are the same."""
    document: Document = _drawn((shape_of(model),), random)
    return document


def variations(model: Any, document: Document) -> Iterator[Changed]:
    """The document with another valid value, at every place in turn.

    Values that equal the one that is there are left out.
    """
    for place, shapes, value in _places((shape_of(model),), document):
        for other in _valid(shapes):
            if other != value:
                yield Changed(place, _replaced(document, place, other))


def misfits(model: Any, document: Document) -> Iterator[Changed]:
    """The document with one fault.

    At every place in turn each kind of value that does not belong there; in every section a key
    too many, and each needed key left out.
    """
    for place, shapes, value in _places((shape_of(model),), document):
        for other in _misfitting(shapes):
            yield Changed(place, _replaced(document, place, other))
        yield from _wrong_keys(document, place, shapes, value)
    yield from _wrong_keys(document, (), (shape_of(model),), document)


def _places(
    shapes: tuple[Shape, ...], value: Any, place: Place = ()
) -> Iterator[tuple[Place, tuple[Shape, ...], Any]]:
    """Every place below a value, with what may stand there and what does."""
    shape = next(shape for shape in shapes if shape.accepts(value))
    inside: list[tuple[str | int, tuple[Shape, ...], Any]] = []
    if shape.kind == "model":
        parts = shape.parts()
        inside = [(name, parts[name], item) for name, item in value.items()]
    elif shape.kind == "mapping":
        inside = [(name, shape.entries(), item) for name, item in value.items()]
    elif shape.kind == "array":
        inside = [(position, shape.entries(), item) for position, item in enumerate(value)]
    for part, inner, item in inside:
        yield (*place, part), inner, item
        yield from _places(inner, item, (*place, part))


def _replaced(document: Any, place: Place, value: Any) -> Any:
    if not place:
        return value
    copy = document.copy()
    copy[place[0]] = _replaced(document[place[0]], place[1:], value)
    return copy


def _wrong_keys(
    document: Document, place: Place, shapes: tuple[Shape, ...], value: Any
) -> Iterator[Changed]:
    for shape in shapes:
        if shape.kind == "model" and shape.accepts(value):
            more = value | {UNKNOWN_KEY: 0}
            yield Changed((*place, UNKNOWN_KEY), _replaced(document, place, more))
            for name in shape.required:
                less = {key: item for key, item in value.items() if key != name}
                yield Changed((*place, name), _replaced(document, place, less))


def _misfitting(shapes: tuple[Shape, ...]) -> list[Any]:
    candidates = [*_ANYTHING, *(value for shape in shapes for value in _beside(shape))]
    return [value for value in candidates if not fits(value, shapes)]


def _beside(shape: Shape) -> Iterator[Any]:
    """Values just outside a shape."""
    if shape.kind == "choice":
        for choice in shape.choices:
            yield from (f"{choice}x", str(choice).upper(), "")
    elif shape.kind == "string":
        yield from ("", "yesterday", "2026-11-23", "2026-11-23T14:30:05")
    elif shape.kind in {"integer", "number"}:
        yield from _around_the_bounds(shape)


def _typical(shapes: tuple[Shape, ...]) -> Any:
    return next(iter(_valid(shapes)))


def _valid(shapes: tuple[Shape, ...]) -> list[Any]:
    """Valid values: those with the most inside first, None last."""
    values = [value for shape in shapes for value in _VALID[shape.kind](shape)]
    return sorted(values, key=lambda value: (value is None, not isinstance(value, dict)))


def _complete(shape: Shape) -> Document:
    return {name: _typical(part) for name, part in shape.parts().items()}


def _least(shape: Shape) -> Document:
    return {name: _typical(shape.parts()[name]) for name in shape.required}


def _numbers(shape: Shape) -> list[float]:
    candidates: list[float] = [3, 7, -3, _FAR] if shape.kind == "integer" else [2.5, 7, -2.5, 1e-9]
    candidates += _around_the_bounds(shape)
    return [value for value in candidates if shape.accepts(value)]


def _around_the_bounds(shape: Shape) -> Iterator[float]:
    step = 1 if shape.kind == "integer" else 0.001
    for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if name in shape.schema:
            bound = shape.schema[name]
            yield from (bound, bound - step, bound + step)


def _strings(shape: Shape) -> list[str]:
    candidates = _MOMENTS if "format" in shape.schema else _TEXTS
    return [text for text in candidates if shape.accepts(text)]


_VALID: dict[str, Callable[[Shape], list[Any]]] = {
    "choice": lambda shape: shape.choices,
    "null": lambda shape: [None],
    "boolean": lambda shape: [True, False],
    "integer": _numbers,
    "number": _numbers,
    "string": _strings,
    "array": lambda shape: [[_typical(shape.entries())], []],
    "mapping": lambda shape: [{"key": _typical(shape.entries())}, {}],
    "model": lambda shape: [_complete(shape), _least(shape)],
    "any": lambda shape: ["text", [1, 2.5, None], {"a": {"b": True}}],
}


def _drawn(shapes: tuple[Shape, ...], random: Random) -> Any:
    shape = random.choice(shapes)
    match shape.kind:
        case "model":
            return {
                name: _drawn(part, random)
                for name, part in shape.parts().items()
                if name in shape.required or random.random() < 0.5
            }
        case "mapping":
            return {
                _drawn_text(random): _drawn(shape.entries(), random)
                for _ in range(random.randint(0, 2))
            }
        case "array":
            return [_drawn(shape.entries(), random) for _ in range(random.randint(0, 3))]
        case "any":
            return _drawn_json(random)
        case "string" if "format" not in shape.schema:
            text = _drawn_text(random)
            return text if shape.accepts(text) else random.choice(_valid((shape,)))
        case "integer" | "number":
            return _drawn_number(shape, random)
        case _:
            return random.choice(_valid((shape,)))


def _drawn_number(shape: Shape, random: Random) -> float:
    known = random.choice(_numbers(shape))
    if random.random() < 0.5:
        return known
    drawn = random.randint(0, 2000) if shape.kind == "integer" else random.uniform(0, 2000)
    return drawn if shape.accepts(drawn) else known


def _drawn_text(random: Random) -> str:
    return "".join(random.choice(_LETTERS) for _ in range(random.randint(0, _MOST_LETTERS)))


def _drawn_json(random: Random, depth: int = 2) -> Any:
    leaves = (
        None,
        True,
        random.randint(-_FAR, _FAR),
        random.uniform(-1e3, 1e3),
        _drawn_text(random),
    )
    kind = random.choice(("leaf", "list", "dict")) if depth else "leaf"
    if kind == "leaf":
        return random.choice(leaves)
    items = [_drawn_json(random, depth - 1) for _ in range(random.randint(0, 3))]
    return items if kind == "list" else {_drawn_text(random): item for item in items}
