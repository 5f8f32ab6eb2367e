"""Machines for the snapshot to look at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from llem_harness.environment import Sources


def no_git(arguments: Sequence[str], folder: Path) -> NoReturn:
    """A machine without git."""
    raise FileNotFoundError(2, "no such file", "git")


def bare_machine(root: Path = Path("/nowhere"), **changes: Any) -> Sources:
    """No container, no scheduler, no variables and no git, but for the changes."""
    return Sources(**({"root": root, "variables": {}, "git": no_git} | changes))
