"""Folders that a run may do without. That of the results is for the store to check."""

import os
from pathlib import Path

from llem_contracts import Problem


def cache_problems(folder: str | None, use: str) -> tuple[Problem, ...]:
    """Whether anything can be kept in a folder for caches; makes nothing.

    `use`: what is lost where nothing can, as a clause such as `no model can be downloaded`.
    """
    if folder is None or _writable(Path(folder)):
        return ()
    return (
        Problem(
            code="cache_not_writable",
            message=f"nothing can be kept in {folder}, so {use}",
            cure="Make the folder writable for this user, or name another one.",
            blocking=False,
        ),
    )


def _writable(folder: Path) -> bool:
    """Of the folder, or of the nearest one above that is there and that it would be made in."""
    try:
        standing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        return standing.is_dir() and os.access(standing, os.W_OK | os.X_OK)
    except OSError:  # a name that is too long, a folder that may not be entered
        return False
