"""pydantic's errors in sentences: the path of each field, and the nearest name for a typo."""

import difflib
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from llem_schema import ExperimentConfig
from pydantic import BaseModel, ValidationError


def explain_validation(
    error: ValidationError,
    model: type[BaseModel] = ExperimentConfig,
    plugin_keys: Iterable[str] = (),
) -> tuple[str, ...]:
    """One sentence per fault. `plugin_keys` are valid at the top, beside the model's own."""
    faults = error.errors(include_url=False, include_context=False)
    chosen = _without_other_branches(faults)
    return tuple(dict.fromkeys(_sentence(fault, model, tuple(plugin_keys)) for fault in chosen))


def _sentence(fault: Any, model: type[BaseModel], plugin_keys: tuple[str, ...]) -> str:
    path = _field_path(fault["loc"], model)
    shown = ".".join(path) or "the configuration"
    if fault["type"] == "extra_forbidden":
        keys = [*_keys_at(path[:-1], model), *(plugin_keys if len(path) == 1 else ())]
        near = difflib.get_close_matches(path[-1], keys, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(keys))}"
        return f"{shown}: there is no such key; {hint}"
    if fault["type"] == "missing":
        return f"{shown}: this key is needed"
    message = fault["msg"].removeprefix("Value error, ")
    given = fault["input"]
    text = repr(given) if isinstance(given, (str, int, float, bool, type(None))) else ""
    return f"{shown}: {message[:1].lower()}{message[1:]}{f', not {text}' if text else ''}"


def _without_other_branches(faults: list[Any]) -> list[Any]:
    """Of a union's faults, those of the branch that the given value has the form of."""
    deep = {fault["loc"][:-2] for fault in faults if len(fault["loc"]) > 2}
    return [
        fault
        for fault in faults
        if not (fault["type"] in {"string_type", "model_type"} and fault["loc"][:-1] in deep)
    ]


def _field_path(location: tuple[Any, ...], model: type[BaseModel]) -> list[str]:
    """The path as a file would show it, without pydantic's names of union branches."""
    path: list[str] = []
    models: list[type[BaseModel]] = [model]
    branches: set[str] = set()
    for part in location:
        text = str(part)
        if text in branches:
            continue
        path.append(text)
        fields = [m.model_fields[text] for m in models if text in m.model_fields]
        models = [inner for field in fields for inner in _models_in(field.annotation)]
        branches = {inner.__name__ for inner in models} | ({"str"} if fields and models else set())
    return path


def _keys_at(path: list[str], model: type[BaseModel]) -> list[str]:
    models: list[type[BaseModel]] = [model]
    for part in path:
        models = [
            inner
            for m in models
            if part in m.model_fields
            for inner in _models_in(m.model_fields[part].annotation)
        ]
    return [name for m in models for name in m.model_fields if name != "extension"]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
