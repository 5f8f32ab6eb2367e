"""Doubles are handed in through constructors and protocols, never patched in (INF-10)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PATCHING_PACKAGES = frozenset({"mock", "unittest.mock", "pytest_mock"})
PATCHING_METHODS = frozenset({"setattr", "delattr", "setitem", "delitem"})
"""Of pytest's `monkeypatch`; its other methods change the environment of a test alone."""


def patches(source: str) -> Iterator[str]:
    """Everything in a module that replaces a part of another one."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name in PATCHING_PACKAGES)
            case ast.ImportFrom(module=str(module), names=names):
                imported = {module, *(f"{module}.{name.name}" for name in names)}
                yield from imported & PATCHING_PACKAGES
            case ast.Attribute(value=ast.Name(id="monkeypatch"), attr=attribute):
                if attribute in PATCHING_METHODS:
                    yield f"monkeypatch.{attribute}"
            case ast.arg(arg="mocker"):
                yield "mocker"


class TestTests:
    def test_patch_nothing(self, root: Path) -> None:
        folders = [*root.glob("packages/*"), *root.glob("apps/*"), root / "tests", root / "tools"]
        found = {
            str(path.relative_to(root)): used
            for folder in folders
            for path in folder.rglob("*.py")
            if (used := sorted(patches(path.read_text())))
        }
        assert found == {}

    @pytest.mark.parametrize(
        ("what", "source"),
        [
            ("mock", "import mock"),
            ("unittest.mock", "from unittest import mock"),
            ("unittest.mock", "from unittest.mock import patch"),
            ("monkeypatch.setattr", "def test(monkeypatch): monkeypatch.setattr('a.b', 1)"),
            ("mocker", "def test(mocker): pass"),
        ],
    )
    def test_would_be_found_out(self, what: str, source: str) -> None:
        assert list(patches(source)) == [what]

    def test_may_change_their_environment(self) -> None:
        assert list(patches("def test(monkeypatch): monkeypatch.setenv('A', 'b')")) == []
