"""The packages of the workspace, as a parameter: a test that takes `package` runs once for each."""

import ast
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pytest
import workspace


class Package(workspace.Package):
    """One distribution of the workspace, and what its source says."""

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


PACKAGES = [Package(package.folder) for package in workspace.packages()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "package" in metafunc.fixturenames:
        metafunc.parametrize("package", PACKAGES, ids=lambda package: package.folder.name)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the workspace."""
    return workspace.ROOT


@pytest.fixture(scope="session")
def packages() -> list[Package]:
    return PACKAGES
