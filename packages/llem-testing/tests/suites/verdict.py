"""Runs a suite on a double, and says which of its tests failed."""

import inspect
from pathlib import Path

import pytest
from llem_testing.suites import ContractSuite


def failing_tests(suite: type[ContractSuite], folder: Path) -> set[str]:
    """Names of the tests of `suite` that fail; a skipped one does not. `folder` is for their files.

    Each test gets an instance of its own and a folder of its own, as pytest gives it.
    """
    failing = set()
    for name in sorted(name for name in dir(suite) if name.startswith("test_")):
        test = getattr(suite(), name)
        own = folder / name
        own.mkdir(parents=True)
        given = {"tmp_path": own} if "tmp_path" in inspect.signature(test).parameters else {}
        try:
            test(**given)
        except pytest.skip.Exception:
            continue
        except (Exception, pytest.fail.Exception):
            failing.add(name)
    return failing
