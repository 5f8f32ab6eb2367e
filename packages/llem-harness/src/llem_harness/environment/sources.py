"""Where the snapshot looks."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from llem_harness.environment.git_command import Git, run_git


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The machine and the process, as far as the snapshot tells of them."""

    root: Path = Path("/")
    variables: Mapping[str, str] = field(default_factory=lambda: os.environ)
    folder: Path = Path()
    """The working folder."""
    git: Git = run_git
