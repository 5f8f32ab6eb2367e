"""A Python program in the place of `llem`: the harness does not care what it runs."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from llem_testing.process import Command, isolated


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Callable[[str], Command]]:
    """Makes a command of Python source."""
    with isolated(tmp_path) as command:
        yield lambda source: replace(command, program=(sys.executable, "-u", "-c", source))
