"""The packages of the workspace, as a parameter: a test that takes `package` runs once for each."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Package:
    """One distribution of the workspace."""

    folder: Path

    @cached_property
    def project(self) -> dict[str, Any]:
        """The table `project` of its pyproject.toml."""
        table: dict[str, Any] = tomllib.loads((self.folder / "pyproject.toml").read_text())
        return table["project"]

    @property
    def import_name(self) -> str:
        return self.folder.name.replace("-", "_")

    @property
    def source(self) -> Path:
        return self.folder / "src" / self.import_name

    @property
    def modules(self) -> list[Path]:
        return sorted(self.source.rglob("*.py"))

    @cached_property
    def imports(self) -> frozenset[str]:
        """Top-level names that its source imports, at any depth, without the standard library."""
        names = {name.partition(".")[0] for module in self.modules for name in _imported(module)}
        return frozenset(names - sys.stdlib_module_names - {self.import_name})


def _imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            yield str(node.module)


PACKAGES = [
    Package(manifest.parent)
    for pattern in ("packages/*/pyproject.toml", "apps/*/pyproject.toml")
    for manifest in sorted(ROOT.glob(pattern))
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "package" in metafunc.fixturenames:
        metafunc.parametrize("package", PACKAGES, ids=lambda package: package.folder.name)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the workspace."""
    return ROOT


@pytest.fixture(scope="session")
def packages() -> list[Package]:
    return PACKAGES
