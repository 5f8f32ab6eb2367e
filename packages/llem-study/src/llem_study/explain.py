"""pydantic's errors in sentences: the path of each field, and the nearest key for a typo."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from llem_schema import ExperimentConfig, known_keys, nearest_key
from pydantic import BaseModel, ValidationError


def explain_validation(
    error: ValidationError,
    model: type[BaseModel] = ExperimentConfig,
    plugin_keys: Iterable[str] = (),
) -> tuple[str, ...]:
    """One sentence per fault. `plugin_keys` are dotted keys that are valid beside the model's."""
    faults = error.errors(include_url=False)
    chosen = _without_other_branches(faults)
    known = (*known_keys(model), *plugin_keys)
    return tuple(dict.fromkeys(_sentence(fault, known) for fault in chosen))


def _sentence(fault: Any, known: Sequence[str]) -> str:
    unknown_key = fault["type"] == "extra_forbidden"
    shown = ".".join(_field_path(fault["loc"], known, unknown_key)) or "the configuration"
    if unknown_key:
        return f"{shown}: there is no such key; {_hint(shown, known)}"
    if fault["type"] == "missing":
        return f"{shown}: this key is needed"
    message = fault["msg"].removeprefix("Value error, ")
    given = fault["input"]
    text = repr(given) if isinstance(given, (str, int, float, bool, type(None))) else ""
    hint = _choice(fault)
    return f"{shown}: {message[:1].lower()}{message[1:]}{f', not {text}' if text else ''}{hint}"


def _choice(fault: Any) -> str:
    """The nearest of the values that a field is limited to, where one is near."""
    if fault["type"] != "literal_error" or not isinstance(fault["input"], str):
        return ""
    choices = re.findall(r"'([^']*)'", fault["ctx"]["expected"])
    near = difflib.get_close_matches(fault["input"].lower(), choices, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _hint(unknown: str, known: Sequence[str]) -> str:
    near = nearest_key(unknown, known)
    if near is not None:
        return f"did you mean {near!r}?"
    section = unknown.rpartition(".")[0]
    beside = [key.rpartition(".")[2] for key in known if key.rpartition(".")[0] == section]
    return f"known keys: {', '.join(sorted(beside))}"


def _without_other_branches(faults: list[Any]) -> list[Any]:
    """Of a union's faults, those of the branch that the given value has the form of."""
    deep = {fault["loc"][:-2] for fault in faults if len(fault["loc"]) > 2}
    return [
        fault
        for fault in faults
        if not (fault["type"] in {"string_type", "model_type"} and fault["loc"][:-1] in deep)
    ]


def _field_path(
    location: tuple[Any, ...], known: Sequence[str], ends_unknown: bool
) -> tuple[str, ...]:
    """The path as a file would show it, without pydantic's names of union branches.

    Such a name stands where a section's key would, and is none.
    """
    path: tuple[str, ...] = ()
    for position, part in enumerate(map(str, location), start=1):
        section = "".join(f"{above}." for above in path)
        inside = {key[len(section) :] for key in known if key.startswith(section)}
        belongs = not inside or part in inside or any(key.startswith("*.") for key in inside)
        if belongs or (ends_unknown and position == len(location)):
            path = (*path, part)
    return path
