"""Where the workspace lists its packages by name, and how a new leaf enters each list.

A leaf stands on llem-schema and llem-contracts and is found by discovery. It enters the lists that
the model leaf stands in; an optional place in the layers, such as `(llem_stats)`, is taken by the
package of that name.
"""

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workspace import Refused

MODEL = "llem_flops"

_SETTINGS = "pyproject.toml"
_README = "README.md"
_NAMES = "tests/architecture/public_names.json"
_DEPENDENCIES = "tests/architecture/test_dependencies.py"
_IMPORTS = "tests/architecture/test_light_imports.py"


def registered(root: Path, distribution: str, purpose: str) -> dict[Path, str]:
    """The new texts of the files that list packages. Raises `Refused` where a list has moved."""
    name = distribution.replace("-", "_")
    edits: Mapping[str, Callable[[str], str]] = {
        _SETTINGS: lambda text: _in_settings(text, name, distribution),
        _README: lambda text: _in_table(text, distribution, purpose),
        _NAMES: lambda text: _in_snapshot(text, name),
        _DEPENDENCIES: lambda text: _in_mapping(text, "MAY_IMPORT", name, "BELOW"),
        _IMPORTS: lambda text: _in_mapping(text, "AFTER_IMPORT", name, "frozenset()"),
    }
    changes = {}
    for file, edit in edits.items():
        path = root / file
        try:
            changes[path] = edit(path.read_text(encoding="utf-8"))
        except LookupError as error:
            raise Refused(f"{file} has no {error.args[0]}, where a package is entered.") from error
    return changes


def _in_settings(text: str, name: str, distribution: str) -> str:
    linter = tomllib.loads(text)["tool"]["importlinter"]
    contracts = {contract["id"]: contract for contract in linter["contracts"]}
    text, is_leaf = _in_layers(text, contracts["layers"]["layers"], name)
    text = _in_list(text, "[tool.importlinter]", "root_packages", name)
    for id_, contract in contracts.items():
        for key in ("source_modules", "forbidden_modules"):
            if MODEL in contract.get(key, ()) and (is_leaf or id_ != "discovery"):
                text = _in_list(text, f'id = "{id_}"', key, name)
    return _replaced(
        text,
        r'(?m)^(mypy_path = ".*?)(:tools)?"$',
        rf'\1:packages/{distribution}/src\2"',
        "mypy_path",
    )


def _in_layers(text: str, layers: Sequence[str], name: str) -> tuple[str, bool]:
    """With a place in the layers, and whether that is among the leaves."""
    leaves = next((layer for layer in layers if MODEL in layer.split(" | ")), None)
    if leaves is None:
        raise LookupError(f"layer with {MODEL}")
    optional = f"({name})"
    if f'"{optional}"' in text:
        return text.replace(f'"{optional}"', f'"{name}"'), False
    others = [layer for layer in leaves.split(" | ") if layer != optional]
    present = sorted([name, *(layer for layer in others if not layer.startswith("("))])
    to_come = [layer for layer in others if layer.startswith("(")]
    return text.replace(f'"{leaves}"', f'"{" | ".join([*present, *to_come])}"'), True


def _in_list(text: str, after: str, key: str, name: str) -> str:
    """With a name in the first list of strings under a key that follows a line."""
    start = text.find(after)
    found = re.compile(rf"^{key} = \[(.*?)\]", re.MULTILINE | re.DOTALL).search(text, max(start, 0))
    if start < 0 or found is None:
        raise LookupError(f"`{key}` after `{after}`")
    names = _with(re.findall(r'"(.*?)"', found[1]), name)
    lines = "".join(f'    "{entry}",\n' for entry in names)
    return f"{text[: found.start()]}{key} = [\n{lines}]{text[found.end() :]}"


def _in_table(text: str, distribution: str, purpose: str) -> str:
    """With a row after the last package of the README's table that lies under packages/."""
    rows = list(re.finditer(r"(?m)^\| \[llem-[\w-]+\]\(packages/.*\n", text))
    if not rows:
        raise LookupError("table of packages")
    end = rows[-1].end()
    return f"{text[:end]}| [{distribution}](packages/{distribution}) | {purpose} |\n{text[end:]}"


def _in_snapshot(text: str, name: str) -> str:
    names: dict[str, Any] = json.loads(text) | {name: ["__version__"]}
    return json.dumps(dict(sorted(names.items())), indent=2) + "\n"


def _in_mapping(text: str, variable: str, name: str, value: str) -> str:
    """With an entry in a mapping of a Python file that has a line for each of its own."""
    found = re.search(rf"(?m)^{variable}: .*? = {{\n(?P<body>(?:.*\n)*?)}}$", text)
    if found is None:
        raise LookupError(f"mapping {variable}")
    keys = re.findall(r'(?m)^    "(\w+)":', found["body"])
    names = _with(keys, name)
    following = names[names.index(name) + 1 :]
    place = found.end("body")
    if following:
        place = text.index(f'    "{following[0]}":', found.start("body"))
    return f'{text[:place]}    "{name}": {value},\n{text[place:]}'


def _with(names: Sequence[str], name: str) -> list[str]:
    """The names with one more: in its place where they are sorted, else at the end."""
    more = [*names, name]
    return sorted(more) if sorted(names) == list(names) else more


def _replaced(text: str, pattern: str, by: str, what: str) -> str:
    new, count = re.subn(pattern, by, text, count=1)
    if count == 0:
        raise LookupError(what)
    return new
