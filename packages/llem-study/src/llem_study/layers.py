"""Values from several places, the stronger over the weaker, with where each came from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llem_contracts import ConfigError
from llem_schema import Origin

from llem_study.yaml_file import parse_scalar


@dataclass(frozen=True)
class Layer:
    """Nested values from one place."""

    origin: Origin
    values: Mapping[str, Any]


def merge(layers: Sequence[Layer]) -> tuple[dict[str, Any], dict[str, Origin]]:
    """One nested mapping out of layers in rising strength, and the origin of each leaf.

    Mappings merge key by key; anything else replaces what was there.
    """
    merged: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for layer in layers:
        _lay(merged, layer.values)
        for path in _leaves(layer.values):
            for covered in [p for p in origins if p.startswith(f"{path}.")]:
                del origins[covered]
            for above in [p for p in origins if path.startswith(f"{p}.")]:
                del origins[above]
            origins[path] = layer.origin
    return merged, origins


def nested(dotted: Mapping[str, Any]) -> dict[str, Any]:
    """`{"pytorch.batch_size": 8}` as `{"pytorch": {"batch_size": 8}}`.

    Raises `ConfigError` for a path with an empty part and for two paths of which one runs through
    the other's value.
    """
    root: dict[str, Any] = {}
    for path, value in dotted.items():
        *parents, leaf = path.split(".")
        if not leaf or not all(parents):
            raise ConfigError(
                f"{path!r} is no key", cure="Write it as in a file, such as `pytorch.batch_size`."
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
        place[leaf] = value
    return root


def parse_assignment(text: str) -> tuple[str, Any]:
    """`key=value` from a command line; the value is read as YAML would.

    Raises `ConfigError` for text without `=`, without a key, or with a value that is no YAML.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(
            f"{text!r} is no assignment", cure="Write `key=value`, such as `pytorch.batch_size=8`."
        )
    return key.strip(), parse_scalar(value, what=f"the value of {key.strip()}")


def _lay(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, Mapping):
            place = below.get(key)
            below[key] = dict(place) if isinstance(place, Mapping) else {}
            _lay(below[key], value)
        else:
            below[key] = value


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
