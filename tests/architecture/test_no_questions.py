"""Nothing ever prompts: a run on a node at night has nobody to answer (CFG-25)."""

import ast
from collections.abc import Iterator
from typing import Any

import pytest

ASKING = frozenset({"input", "getpass", "prompt", "confirm"})


def questions(source: str) -> Iterator[str]:
    """Names of the calls in a module that wait for an answer of a person."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in ASKING:
                yield name


class TestModules:
    def test_ask_nobody(self, package: Any) -> None:
        asking = {str(m): found for m in package.modules if (found := [*questions(m.read_text())])}
        assert asking == {}

    @pytest.mark.parametrize(
        ("name", "source"),
        [("input", "x = input('sure? ')"), ("getpass", "import getpass\ngetpass.getpass()")],
    )
    def test_would_be_found_out(self, name: str, source: str) -> None:
        assert list(questions(source)) == [name]
