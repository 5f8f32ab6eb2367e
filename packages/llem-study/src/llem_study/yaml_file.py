"""YAML files: safe, without duplicate keys, with the place of every fault."""

from pathlib import Path
from typing import Any

import yaml
from llem_contracts import ConfigError

from llem_study.yaml_nodes import LARGEST, Loader
from llem_study.yaml_values import value_of

_LONGEST = 200
"""Characters of what is wrong: a word of the file may stand in it, however long."""


def load_mapping(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds; empty for an empty file.

    Raises `ConfigError`, with line and column where there are any, for a file that cannot be read,
    is no YAML, has a key twice, or holds something else than a mapping.
    """
    try:
        value = _parse(_text_of(path))
    except _Fault as error:
        raise ConfigError(
            f"{error}",
            cure="Correct the YAML there.",
            file=str(path),
            line=error.line,
            column=error.column,
        ) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(
            f"{path} holds {_noun(value)} where keys with values belong",
            cure="Write `key: value` lines, such as `model: gpt2`.",
        )
    return value


def parse_scalar(text: str, *, what: str) -> Any:
    """A value given as text on a command line, read as YAML would: `3` is a number.

    Raises `ConfigError` that names `what` for text that is no YAML.
    """
    try:
        return _parse(text)
    except _Fault as error:
        raise ConfigError(
            f"{what}: {error}", cure="Correct it, or put it in quotes that the shell leaves."
        ) from error


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) <= LARGEST:
            return content.decode()
    except FileNotFoundError:
        raise ConfigError(f"there is no file {path}", cure="Check the path.") from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder", cure="Name a YAML file.") from None
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", cure="Check the file."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} cannot be read: {error}", cure="Name a YAML file, saved as UTF-8."
        ) from error
    raise ConfigError(
        f"{path} is larger than a configuration can be: {LARGEST:,} bytes",
        cure="Name a YAML file.",
    )


class _Fault(Exception):
    """What is wrong with a text, and where in it."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        """`line` and `column` count from 1."""
        super().__init__(problem if len(problem) <= _LONGEST else f"{problem[:_LONGEST]}...")
        self.line = line
        self.column = column


def _parse(text: str) -> Any:
    try:
        loader = Loader(text)
    except yaml.reader.ReaderError as error:
        # Found before anything is read: PyYAML gives the position alone.
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        problem = f"the character {chr(error.character)!r} cannot stand in YAML"
        raise _Fault(problem, line, column) from error
    try:
        node = loader.get_single_node()
        return None if node is None else value_of(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        assert mark is not None
        raise _Fault(_problem(error), mark.line + 1, mark.column + 1) from error
    except (ValueError, OverflowError) as error:  # chr() of what an escape names
        problem = "an escape here names no character"
        raise _Fault(problem, loader.line + 1, loader.column + 1) from error


def _problem(error: yaml.MarkedYAMLError) -> str:
    """What is wrong, in one sentence; PyYAML may tell half of it as what it was doing."""
    problem = error.problem or "this is no YAML"
    if "'\\t'" in problem:
        return "a tab stands where YAML takes spaces alone"
    context = error.context or ""
    return f"{context}, {problem}" if context and not context.startswith("while") else problem


def _noun(value: object) -> str:
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else "a single value"
