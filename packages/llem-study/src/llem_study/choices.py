"""What may stand in an experiment's fields, for who types one: keys, and the values of a key."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from llem_contracts import BACKENDS, METERS, PROMPTS, installed
from llem_schema import ExperimentConfig, known_keys
from pydantic import BaseModel

from llem_study.sections import plugin_keys


def assignable_keys() -> tuple[str, ...]:
    """Dotted keys that hold a value of their own, sections of installed backends included."""
    keys = (*known_keys(ExperimentConfig), *plugin_keys())
    return tuple(key for key in keys if "*" not in key and _holds_a_value(key, keys))


def values_of(key: str) -> tuple[str, ...]:
    """Values that a key is known to take, as they are typed; empty where anything may stand."""
    match key:
        case "model":
            return tuple(
                model
                for plugin in installed(BACKENDS)
                if plugin.descriptor is not None
                for model in plugin.descriptor.models
            )
        case "backend":
            return tuple(plugin.name for plugin in installed(BACKENDS))
        case "energy.meter":
            return ("auto", *(plugin.name for plugin in installed(METERS)))
        case "dataset" | "dataset.source":
            return tuple(
                name
                for plugin in installed(PROMPTS)
                if plugin.descriptor is not None
                for name in sorted(plugin.descriptor.names)
            )
        case _:
            return tuple(dict.fromkeys(_values_in(_annotation(ExperimentConfig, key))))


def _holds_a_value(key: str, keys: tuple[str, ...]) -> bool:
    if not any(other.startswith(f"{key}.") for other in keys):
        return True
    parts = get_args(_annotation(ExperimentConfig, key))
    return any(part is not type(None) and not _is_model(part) for part in parts)


def _annotation(model: type[BaseModel], key: str) -> Any:
    """The type of a field by dotted key; None for one that the model does not have."""
    name, _, rest = key.partition(".")
    field = model.model_fields.get(name)
    if field is None or not rest:
        return None if field is None else field.annotation
    inner = (part for part in (field.annotation, *get_args(field.annotation)) if _is_model(part))
    section = next(inner, None)
    return None if section is None else _annotation(section, rest)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _values_in(annotation: Any) -> Iterator[str]:
    if annotation is bool:
        yield from ("true", "false")
    elif get_origin(annotation) is Literal:
        yield from map(str, get_args(annotation))
    else:
        for part in get_args(annotation):
            yield from _values_in(part)
