"""Values from several places, the stronger over the weaker, with where each came from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llem_contracts import ConfigError
from llem_schema import Origin

from llem_study.yaml_file import parse_scalar

_Path = tuple[str, ...]
_LONGEST_KEY = 200
"""Characters of a dotted key; none has more than a few dozen."""
SHORT_FORMS: Final = {"dataset": "source"}
"""Keys whose text stands for a mapping that holds the text under the key named here."""


@dataclass(frozen=True)
class Layer:
    """Nested values from one place."""

    origin: Origin
    values: Mapping[str, Any]


def merge(layers: Sequence[Layer]) -> tuple[dict[str, Any], dict[str, Origin]]:
    """One nested mapping out of layers in rising strength, and the origin of each leaf.

    Mappings merge key by key, also over the short form of one; anything else replaces what was
    there.
    """
    merged: dict[str, Any] = {}
    origins: dict[_Path, Origin] = {}
    for layer in layers:
        for key, inner in SHORT_FORMS.items():
            if isinstance(merged.get(key), str) and isinstance(layer.values.get(key), Mapping):
                merged[key] = {inner: merged[key]}
                origins[(key, inner)] = origins.pop((key,))
        _lay(merged, layer.values)
        leaves = dict.fromkeys(_leaves(layer.values), layer.origin)
        sections = {above for path in leaves for above in _above(path)}
        origins = {
            path: origin
            for path, origin in origins.items()
            if path not in sections and leaves.keys().isdisjoint(_above(path))
        }
        origins |= leaves
    return merged, {".".join(path): origin for path, origin in origins.items()}


def nested(dotted: Mapping[str, Any]) -> dict[str, Any]:
    """`{"pytorch.batch_size": 8}` as `{"pytorch": {"batch_size": 8}}`; the short form of a mapping
    may stand beside keys inside it.

    A mapping that is given as a value and the paths inside it are laid together. Raises
    `ConfigError` for a path with an empty part, for one that has no UTF-8 form, and for two of
    which one runs through the other's value.
    """
    root: dict[str, Any] = {}
    for path, value in _spelt_out(dotted).items():
        *parents, leaf = path.split(".")
        if not leaf or not all(parents) or len(path) > _LONGEST_KEY or not _writable(path):
            raise ConfigError(
                f"{path[:_LONGEST_KEY]!r} is no key",
                cure="Write it as in a file, such as `pytorch.batch_size`.",
            )
        place = root
        for parent in parents:
            place = place.setdefault(parent, {})
            if not isinstance(place, dict):
                raise ConfigError(
                    f"{path!r} lies inside a key that is given a value of its own",
                    cure="Give one or the other.",
                )
        if isinstance(place.get(leaf), dict) and not isinstance(value, dict):
            raise ConfigError(
                f"{path!r} is given a value and has keys inside", cure="Give one or the other."
            )
        _lay(place, {leaf: value})
    return root


def parse_assignment(text: str) -> tuple[str, Any]:
    """`key=value` from a command line; the value is read as YAML would.

    Raises `ConfigError` for text without `=`, without a key, or with a value that is no YAML.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(
            f"{text[:_LONGEST_KEY]!r} is no assignment",
            cure="Write `key=value`, such as `pytorch.batch_size=8`.",
        )
    key = key.strip()
    return key, parse_scalar(value, what=f"the value of {key[:_LONGEST_KEY]}")


def _writable(text: str) -> bool:
    """Whether a text can be saved; an argument of a command may hold bytes that are no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _spelt_out(dotted: Mapping[str, Any]) -> dict[str, Any]:
    """The short form of a mapping by its long name, where other keys of the mapping are given."""
    spelt = dict(dotted)
    for key, inner in SHORT_FORMS.items():
        others = any(path.startswith(f"{key}.") for path in spelt)
        if isinstance(spelt.get(key), str) and others and f"{key}.{inner}" not in spelt:
            spelt[f"{key}.{inner}"] = spelt.pop(key)
    return spelt


def _lay(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, Mapping):
            place = below.get(key)
            below[key] = dict(place) if isinstance(place, Mapping) else {}
            _lay(below[key], value)
        else:
            below[key] = value


def _above(path: _Path) -> Iterator[_Path]:
    """`a` and `a.b` for `a.b.c`."""
    return (path[:end] for end in range(1, len(path)))


def _leaves(values: Mapping[str, Any], above: _Path = ()) -> Iterator[_Path]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key)
