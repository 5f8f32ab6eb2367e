"""A package that was just begun passes every check, and nothing is begun under a bad name."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import documents
import new_package
import pytest
from workspace import ROOT, Refused, difference

BIN = Path(sys.executable).parent
LEFT_OUT = shutil.ignore_patterns("__pycache__", "tests", "data", "docs", ".*")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace without its packages' tests."""
    root = tmp_path_factory.mktemp("workspace")
    for file in ROOT.iterdir():
        if file.is_file():
            shutil.copy(file, root)
    for folder in ("apps", "packages", "tools"):
        shutil.copytree(ROOT / folder, root / folder, ignore=LEFT_OUT)
    shutil.copytree(ROOT / "tests" / "architecture", root / "tests" / "architecture")
    return root


@pytest.fixture(scope="module")
def made(copy: Path) -> Path:
    """A workspace in which llem-foo was just begun."""
    run(copy, sys.executable, "tools/new_package.py", "llem-foo", "the foos of a run, counted")
    return copy


@pytest.fixture(scope="module")
def site(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with llem-foo as it is installed from its wheel."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps"]
    run(made, *pip, "--no-build-isolation", "--target", str(folder), "./packages/llem-foo")
    return folder


def run(root: Path, *command: str | Path, path: Path | None = None) -> str:
    """What a command prints that must succeed in a workspace; `path` goes to PYTHONPATH."""
    environ = os.environ | ({} if path is None else {"PYTHONPATH": str(path)})
    done = subprocess.run(
        command, cwd=root, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class TestNewPackage:
    def test_is_formatted_and_without_fault(self, made: Path) -> None:
        touched = ("packages/llem-foo", "tests/architecture")
        run(made, BIN / "ruff", "format", "--check", *touched)
        run(made, BIN / "ruff", "check", *touched)

    def test_has_strict_types(self, made: Path) -> None:
        output = run(made, BIN / "mypy", "packages/llem-foo/src")
        assert "no issues found in 1 source file" in output

    def test_has_its_place_in_the_import_contracts(self, made: Path, site: Path) -> None:
        assert " 0 broken." in run(made, BIN / "lint-imports", "--no-cache", path=site)

    def test_passes_the_architecture_tests(self, made: Path, site: Path) -> None:
        chosen = "llem-foo or every_package or snapshot_holds_no_package"
        output = run(
            *(made, sys.executable, "-m", "pytest", "tests/architecture"),
            *("-q", "-k", chosen, "-p", "no:cacheprovider"),
            path=site,
        )
        assert int(output.splitlines()[-1].split(" passed")[0]) > 15

    def test_passes_its_own_tests(self, made: Path, site: Path) -> None:
        own = [sys.executable, "-m", "pytest", "packages/llem-foo", "-q", "-p", "no:cacheprovider"]
        assert "1 passed" in run(made, *own, path=site)

    def test_has_a_readme_whose_example_runs(self, made: Path, site: Path) -> None:
        (example,) = documents.examples(made / "packages" / "llem-foo" / "README.md")
        assert run(made, sys.executable, "-c", example.code, path=site) == "0.1.0\n"

    def test_says_what_it_is_for(self, made: Path) -> None:
        assert "| the foos of a run, counted |" in (made / "README.md").read_text()
        manifest = tomllib.loads((made / "packages/llem-foo/pyproject.toml").read_text())
        assert manifest["project"]["description"] == "the foos of a run, counted"


class TestPlace:
    def test_that_was_kept_for_it_is_taken(self, copy: Path) -> None:
        changes = new_package.plan(copy, "llem-report", "what was planned")
        text = difference(copy, {copy / "pyproject.toml": changes[copy / "pyproject.toml"]})
        assert "| llem_report | llem_store | (llem_cluster)" in text
        assert "(llem_report)" not in changes[copy / "pyproject.toml"]

    def test_that_has_moved_is_told(self, copy: Path, tmp_path: Path) -> None:
        shutil.copytree(copy, tmp_path / "moved", ignore=shutil.ignore_patterns("src"))
        (tmp_path / "moved" / "README.md").write_text("# llem\n")
        with pytest.raises(Refused, match=r"^README.md has no table of packages"):
            new_package.plan(tmp_path / "moved", "llem-bar", "the bars")


class TestRefusal:
    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("foo", "is no name"),
            ("llem", "is no name"),
            ("llem-", "is no name"),
            ("llem-Foo", "is no name"),
            ("llem_foo", "is no name"),
            ("llem-foo-", "is no name"),
            ("llem-2d", "is no name"),
            ("../llem-foo", "is no name"),
            ("llem-utils", "'utils' says nothing"),
            ("llem-energy", "There is a llem-energy already."),
            ("llem-cli", "There is a llem-cli already."),
        ],
    )
    def test_of_a_bad_name_is_one_sentence(self, copy: Path, name: str, why: str) -> None:
        with pytest.raises(Refused, match=why) as caught:
            new_package.plan(copy, name, "the foos")
        assert str(caught.value).endswith(".")

    @pytest.mark.parametrize(
        "purpose", ["", " ", 'so "called"', "two\nlines", "a | b", "\\n", "A sentence.", "x" * 91]
    )
    def test_of_a_purpose_that_fits_nowhere(self, copy: Path, purpose: str) -> None:
        with pytest.raises(Refused):
            new_package.plan(copy, "llem-bar", purpose)

    def test_leaves_everything_as_it_was(self, copy: Path) -> None:
        before = sorted(copy.rglob("*"))
        done = subprocess.run(
            [sys.executable, copy / "tools" / "new_package.py", "llem-utils", "all the rest"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
        assert [path for path in sorted(copy.rglob("*")) if path not in before] == []
