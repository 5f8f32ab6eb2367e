"""Every package is made alike (INF-01)."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from workspace import ROOMS_FOR_EVERYTHING

MOST_LINES = 400


class TestPackage:
    @pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
    def test_has_its_document(self, package: Any, name: str) -> None:
        text = (package.folder / name).read_text()
        assert len(text.splitlines()) > 1, f"{name} is empty"

    def test_says_that_it_is_typed(self, package: Any) -> None:
        assert (package.source / "py.typed").is_file()

    def test_has_tests(self, package: Any) -> None:
        assert list((package.folder / "tests").rglob("test_*.py"))

    def test_carries_the_names_of_its_folder(self, package: Any) -> None:
        assert package.project["name"] == package.folder.name
        assert (package.source / "__init__.py").is_file()

    def test_states_licence_python_and_readme_like_the_others(self, package: Any) -> None:
        project = package.project
        assert {key: project[key] for key in ("license", "requires-python", "readme")} == {
            "license": "Apache-2.0",
            "requires-python": ">=3.11",
            "readme": "README.md",
        }
        assert project["dynamic"] == ["version"]
        assert project["description"]

    def test_is_built_by_hatchling_from_its_own_source_and_version(self, package: Any) -> None:
        manifest = tomllib.loads((package.folder / "pyproject.toml").read_text())
        name = package.import_name
        assert manifest["build-system"]["build-backend"] == "hatchling.build"
        assert manifest["tool"]["hatch"]["version"]["path"] == f"src/{name}/__init__.py"
        assert manifest["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == [f"src/{name}"]

    def test_depends_on_the_others_with_a_lower_bound(self, package: Any) -> None:
        assert all(">=" in requirement for requirement in package.project["dependencies"])


class TestModules:
    def test_are_short(self, package: Any) -> None:
        lines = {module: len(module.read_text().splitlines()) for module in package.modules}
        assert {str(m): n for m, n in lines.items() if n > MOST_LINES} == {}

    def test_have_a_docstring(self, package: Any) -> None:
        assert [str(m) for m in package.modules if not m.read_text().startswith('"""')] == []

    def test_are_named_after_an_idea(self, package: Any) -> None:
        parts = {part for m in package.modules for part in m.relative_to(package.source).parts}
        assert not {part.removesuffix(".py") for part in parts} & ROOMS_FOR_EVERYTHING


class TestTestFiles:
    def test_are_short(self, root: Path) -> None:
        folders = [*root.glob("packages/*/tests"), *root.glob("apps/*/tests"), root / "tests"]
        files = [file for folder in folders for file in folder.rglob("*.py")]
        lines = {str(file): len(file.read_text().splitlines()) for file in files}
        assert {file: count for file, count in lines.items() if count > MOST_LINES} == {}
