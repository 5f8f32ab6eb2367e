"""Which tests prove which requirement: checks `tests/requirements.toml` and lists what is open.

    python tools/requirement_map.py            open and partial numbers; 1 where the map is at fault
    python tools/requirement_map.py --table    all numbers, as a Markdown table

    [CM-15]
    title = "The device is synchronised before a window opens and closes"
    tests = ["packages/llem-harness/tests/test_protocol.py::TestSynchronisation::test_..."]
    open = "what is still missing"

A number has tests, or says in `open` why it has none, or both where it is met in part. A test is
named as pytest names it, without parameters. The files are parsed and not run, so that this takes
no time; of a contract suite the class is imported, since its tests are inherited.
"""

import argparse
import ast
import importlib
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workspace import ROOT

MAP = ROOT / "tests" / "requirements.toml"

NUMBER = re.compile(r"(LA|CFG|CM|RES|CLI|STU|INF)-\d\d")
NODE_ID = re.compile(r"([\w./-]+\.py)::(?:(\w+)::)?(test_\w+)")
KEYS: dict[str, type] = {"title": str, "tests": list, "open": str}


@dataclass(frozen=True)
class Requirement:
    """One number of the map."""

    number: str
    title: str
    tests: tuple[str, ...]
    open: str | None
    """What is missing; None for a number that is met."""

    @property
    def state(self) -> str:
        if self.open is None:
            return "met"
        return "partial" if self.tests else "open"


def read_map(document: Mapping[str, Any]) -> tuple[list[Requirement], list[str]]:
    """The numbers of a parsed map, and what is wrong with its form."""
    requirements, faults = [], []
    for number, entry in document.items():
        wrong = [f"{number}: {fault}" for fault in _faults_of_form(number, entry)]
        faults += wrong
        if not wrong:
            tests = tuple(entry.get("tests", ()))
            requirements.append(Requirement(number, entry["title"], tests, entry.get("open")))
    return requirements, faults


def missing_tests(requirements: list[Requirement], root: Path) -> list[str]:
    """A sentence for each named test that is not there."""
    return [
        f"{requirement.number}: there is no test {test}"
        for requirement in requirements
        for test in requirement.tests
        if not exists(test, root)
    ]


def exists(test: str, root: Path) -> bool:
    """Whether a node id leads to a test function that pytest collects."""
    match = NODE_ID.fullmatch(test)
    if match is None or not (root / match[1]).is_file():
        return False
    names = _tests_in(root / match[1])
    return (match[2], match[3]) in names


def _faults_of_form(number: str, entry: object) -> Iterator[str]:
    if NUMBER.fullmatch(number) is None:
        yield "this is no number of a requirement"
    if not isinstance(entry, dict):
        yield "it is no table"
        return
    for key, value in entry.items():
        if key not in KEYS:
            yield f"there is no key {key!r}; known are {', '.join(KEYS)}"
        elif not isinstance(value, KEYS[key]) or not value or not str(value).strip():
            yield f"{key} is no {KEYS[key].__name__}, or it is empty"
    if "title" not in entry:
        yield "it has no title"
    if not entry.keys() & {"tests", "open"}:
        yield "it has neither tests nor, in `open`, a reason for having none"
    tests = entry.get("tests")
    named: list[object] = tests if isinstance(tests, list) else []
    for test in named:
        if not isinstance(test, str) or NODE_ID.fullmatch(test) is None:
            yield f"{test!r} is no `path/test_file.py::TestClass::test_name`"
        elif named.count(test) > 1:
            yield f"{test} is named more than once"


@cache
def _tests_in(file: Path) -> frozenset[tuple[str | None, str]]:
    """Tests of a module by class, None for those outside of any."""
    module = ast.parse(file.read_text())
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    imports = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in module.body
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        for alias in node.names
    }

    def tests_of(name: str) -> Iterator[str]:
        if name in classes:
            yield from _functions(classes[name])
            for base in classes[name].bases:
                if isinstance(base, ast.Name):
                    yield from tests_of(base.id)
        elif name in imports and imports[name][0].startswith("llem_"):
            origin, original = imports[name]
            yield from dir(getattr(importlib.import_module(origin), original))

    inside = {(name, test) for name in classes if name[:4] == "Test" for test in tests_of(name)}
    return frozenset(inside | {(None, test) for test in _functions(module)})


def _functions(node: ast.Module | ast.ClassDef) -> Iterator[str]:
    return (inner.name for inner in node.body if isinstance(inner, ast.FunctionDef))


def table(requirements: list[Requirement]) -> Iterator[str]:
    """Every number with its state, as Markdown."""
    yield "| number | requirement | state | tests |"
    yield "|---|---|---|---|"
    for found in requirements:
        state = found.state if found.open is None else f"{found.state}: {found.open}"
        yield f"| {found.number} | {found.title} | {state} | {len(found.tests)} |"


def overview(requirements: list[Requirement]) -> Iterator[str]:
    """What is open and what is met in part, with the reasons, and how many are met."""
    for state in ("open", "partial"):
        chosen = [found for found in requirements if found.state == state]
        yield f"{state}: {len(chosen)}"
        yield from (f"  {found.number}  {found.title}: {found.open}" for found in chosen)
    met = sum(found.state == "met" for found in requirements)
    yield f"met: {met} of {len(requirements)}"


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; gives the exit code."""
    parser = argparse.ArgumentParser(description="Which tests prove which requirement.")
    parser.add_argument("--table", action="store_true", help="all numbers, as a Markdown table")
    parser.add_argument("--map", type=Path, default=MAP, help="another map")
    chosen = parser.parse_args(arguments)
    requirements, faults = read_map(tomllib.loads(chosen.map.read_text()))
    faults += missing_tests(requirements, ROOT)
    print("\n".join(table(requirements) if chosen.table else overview(requirements)))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
