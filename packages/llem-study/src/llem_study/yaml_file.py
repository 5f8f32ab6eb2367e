"""YAML files: safe, without duplicate keys, with the place of every fault."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from llem_contracts import ConfigError


class _Loader(yaml.SafeLoader):
    """Safe loading that refuses duplicate keys, and reads scalars as YAML 1.2 does.

    PyYAML follows YAML 1.1, where `off` is false and `1e-3` is text.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is not text", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands here twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9][0-9_]*(\.[0-9_]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


def load_mapping(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds; empty for an empty file.

    Raises `ConfigError`, with line and column where there are any, for a file that cannot be read,
    is no YAML, has a key twice, or holds something else than a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"there is no file {path}", cure="Check the path.") from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder", cure="Name a YAML file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", cure="Check the file.") from error
    value = _parse(text, file=str(path))
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
    return _parse(text, file=what)


def _parse(text: str, *, file: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(
            error.problem or "this is no YAML",
            cure="Correct the YAML there.",
            file=file,
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # ValueError: PyYAML lets dates such as 2026-99-99 through to the constructor.
        raise ConfigError(
            f"this is no YAML: {' '.join(str(error).split())}",
            cure="Correct the YAML.",
            file=file,
        ) from error


def _noun(value: object) -> str:
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else "a single value"
