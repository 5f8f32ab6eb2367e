"""pytest is strict: what would pass unnoticed elsewhere fails here.

A folder of deliberate test files goes through one run of pytest with the workspace's settings, each
file for one promise; the tests look at what that run says of theirs.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

WARNS_IN_A_MODULE = """
import pytest

CODE = "import warnings; warnings.warn('deliberate')"

@pytest.mark.parametrize("name", {names})
def test_it(name):
    exec(CODE, {{"__name__": name}})
"""

FILES = {
    "test_sound": "def test_it(): pass",
    "test_foreign_warning": WARNS_IN_A_MODULE.format(names=["somebody_elses"]),
    "test_warning_to_the_caller": """
import warnings
def test_it():
    warnings.warn("deliberate")
""",
    "test_thread": """
import threading
def test_it():
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
""",
    "test_destructor": """
class Bad:
    def __del__(self):
        raise ValueError("deliberate")
def test_it():
    Bad()
""",
    "test_marker": "import pytest\n@pytest.mark.sloow\ndef test_it(): pass",
    "test_xfail": "import pytest\n@pytest.mark.xfail\ndef test_it(): pass",
    "test_tiers": """
import pytest
@pytest.mark.slow
def test_slow(): pass
@pytest.mark.slurm
def test_on_a_cluster(): pass
@pytest.mark.gpu
def test_on_a_gpu(): pass
""",
    "test_ids": "import pytest\n@pytest.mark.parametrize('a', [1, '1'])\ndef test_it(a): pass",
}


def pytest_on(folder: Path, root: Path, *options: str) -> str:
    """What pytest prints on a folder's tests with the workspace's settings."""
    outcome = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "tests", "-rA", "-p", "no:cacheprovider"),
            *(f"--rootdir={folder}", "-c", str(root / "pyproject.toml"), *options),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return outcome.stdout + outcome.stderr


def own_modules(packages: list[Any]) -> Iterator[str]:
    """A package and a module of each distribution, of the third party too."""
    for name in [*(package.import_name for package in packages), "llem_plugin_acme"]:
        yield name
        yield f"{name}.deliberate"


@pytest.fixture(scope="module")
def output(root: Path, packages: list[Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest prints on the deliberate files."""
    folder = tmp_path_factory.mktemp("deliberate")
    (folder / "tests").mkdir()
    own = WARNS_IN_A_MODULE.format(names=list(own_modules(packages)))
    for name, code in {**FILES, "test_own_warning": own}.items():
        (folder / "tests" / f"{name}.py").write_text(code)
    return pytest_on(folder, root, "--continue-on-collection-errors")


class TestOwnWarnings:
    def test_of_every_package_are_errors(self, output: str, packages: list[Any]) -> None:
        failed = set(re.findall(r"FAILED tests/test_own_warning.py::test_it\[(.*?)\]", output))
        assert failed == set(own_modules(packages)), output

    def test_that_speak_to_the_caller_are_errors_in_tests(self, output: str) -> None:
        assert "FAILED tests/test_warning_to_the_caller.py::test_it" in output, output

    def test_of_other_libraries_are_shown_and_pass(self, output: str) -> None:
        assert "PASSED tests/test_foreign_warning.py::test_it" in output, output
        assert "UserWarning: deliberate" in output


class TestExceptionsThatNobodyCatches:
    def test_in_a_thread_are_errors(self, output: str) -> None:
        assert "FAILED tests/test_thread.py::test_it" in output, output
        assert "ZeroDivisionError" in output

    def test_in_a_destructor_are_errors(self, output: str) -> None:
        assert "FAILED tests/test_destructor.py::test_it" in output, output


class TestStrictness:
    def test_of_markers(self, output: str) -> None:
        assert "'sloow' not found in `markers` configuration option" in output, output
        assert "ERROR tests/test_marker.py" in output

    def test_of_expected_failures(self, output: str) -> None:
        assert "FAILED tests/test_xfail.py::test_it - [XPASS(strict)]" in output, output

    def test_of_the_ids_of_parameters(self, output: str) -> None:
        assert "Duplicate parametrization IDs detected" in output, output
        assert "ERROR tests/test_ids.py" in output

    def test_of_settings(self, root: Path, tmp_path: Path) -> None:
        (tmp_path / "tests").mkdir()
        output = pytest_on(tmp_path, root, "-o", "no_such_setting=1")
        assert "ERROR: Unknown config option: no_such_setting" in output, output

    def test_finds_no_fault_with_a_sound_test(self, output: str) -> None:
        assert "PASSED tests/test_sound.py::test_it" in output, output


class TestRun:
    def test_leaves_out_what_is_slow_or_needs_a_cluster(self, output: str) -> None:
        assert "PASSED tests/test_tiers.py::test_on_a_gpu" in output, output
        assert "2 deselected" in output, output

    def test_has_a_random_order_that_can_be_repeated(self, output: str) -> None:
        assert re.search(r"Using --randomly-seed=\d+", output), output

    def test_ends_a_test_that_hangs(self, output: str) -> None:
        assert "timeout: 300.0s" in output, output
