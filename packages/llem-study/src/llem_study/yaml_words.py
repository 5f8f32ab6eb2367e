"""The types of plain words in YAML, after the core schema of YAML 1.2.

PyYAML follows YAML 1.1, where `off` is false, `1e-3` is text, `010` is eight, `1_000` is a
thousand, `1:30` is ninety and `2026-01-01` is a date.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

TAG = "tag:yaml.org,2002:"
MERGE = f"{TAG}merge"


@dataclass(frozen=True)
class WordType:
    """A type: how its words look, and what they mean."""

    noun: str
    form: re.Pattern[str]
    meaning: Callable[[str], Any]


def _whole_number(word: str) -> int:
    return int(word, {"0x": 16, "0o": 8}.get(word[:2], 10))


def _number(word: str) -> float:
    return float(re.sub(r"\.(?=[a-zA-Z])", "", word))


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})\Z")


WORD_TYPES: Mapping[str, WordType] = {
    f"{TAG}null": WordType("null", _form("~|null|Null|NULL|"), lambda _: None),
    f"{TAG}bool": WordType(
        "true or false",
        _form("true|True|TRUE|false|False|FALSE"),
        lambda word: word.lower() == "true",
    ),
    f"{TAG}int": WordType(
        "a whole number",
        _form("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
        _whole_number,
    ),
    f"{TAG}float": WordType(
        "a number",
        _form(
            r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
        ),
        _number,
    ),
}
"""By tag; a word has the first type whose form it has. One without is text."""
