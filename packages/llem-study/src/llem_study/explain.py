"""pydantic's errors in sentences: the path of each field, and the nearest key for a typo."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from llem_schema import ExperimentConfig, known_keys, nearest_key
from pydantic import BaseModel, ValidationError

_MOST = 20
"""Sentences; a file that is none of ours has a fault in every line."""
_LONGEST = 80
"""Characters of what was given, in a sentence."""


def explain_validation(
    error: ValidationError,
    model: type[BaseModel] = ExperimentConfig,
    plugin_keys: Iterable[str] = (),
) -> tuple[str, ...]:
    """One sentence per fault, and how many there are beyond the first twenty.

    `plugin_keys` are dotted keys that are valid beside the model's.
    """
    chosen = _without_other_branches(error.errors(include_url=False))
    known = (*known_keys(model), *plugin_keys)
    sentences = dict.fromkeys(_sentence(fault, known) for fault in chosen[:_MOST])
    more = len(chosen) - _MOST
    return (*sentences, f"and {more:,} more of the kind") if more > 0 else tuple(sentences)


def _sentence(fault: Any, known: Sequence[str]) -> str:
    kind, given = fault["type"], fault["input"]
    unknown_key = kind == "extra_forbidden"
    path = ".".join(_field_path(fault["loc"], known, unknown_key))
    shown = _shortened(path) or "the configuration"
    if unknown_key:
        return f"{shown}: there is no such key; {_hint(path, str(fault['loc'][-1]), known)}"
    if kind == "missing":
        return f"{shown}: this key is needed"
    if kind in _OF_SECTIONS:
        such = next((f", such as {key!r}" for key in _keys_inside(path, known)), "")
        return f"{shown}: here belong keys with values{such}, not {_shortened(repr(given))}"
    message = fault["msg"].removeprefix("Value error, ")
    text = repr(given) if isinstance(given, (str, int, float, bool, type(None))) else ""
    hint = _choice(fault)
    return (
        f"{shown}: {message[:1].lower()}{message[1:]}"
        f"{f', not {_shortened(text)}' if text else ''}{hint}"
    )


_OF_SECTIONS = frozenset({"model_type", "model_attributes_type", "dict_type"})


def _shortened(text: str) -> str:
    """At most so long, and in one line."""
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return shown if shown.isprintable() else repr(shown)[1:-1]


def _choice(fault: Any) -> str:
    """The nearest of the values that a field is limited to, where one is near."""
    given = fault["input"]
    if fault["type"] != "literal_error" or not isinstance(given, str) or len(given) > _LONGEST:
        return ""
    choices = re.findall(r"'([^']*)'", fault["ctx"]["expected"])
    near = difflib.get_close_matches(given.lower(), choices, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _hint(path: str, key: str, known: Sequence[str]) -> str:
    """What to write instead of an unknown key."""
    if "." in key and path in known:
        section, _, name = key.rpartition(".")
        return f"in a file it is written as `{section}: {{{name}: ...}}`"
    near = nearest_key(path, known)
    if near == key != path:
        return f"{key!r} belongs to the top level"
    if near is not None:
        return f"did you mean {near!r}?"
    beside = sorted(_keys_inside(path.rpartition(".")[0], known) or _keys_inside("", known))
    return f"known keys: {', '.join(beside)}"


def _keys_inside(section: str, known: Sequence[str]) -> list[str]:
    """The keys of a section; none of one that there is not, or that is free in form."""
    return [name for above, _, name in (key.rpartition(".") for key in known) if above == section]


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
