"""Whether a results folder can take a result, found out without making anything."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from llem_contracts import Problem

LEAST_FREE_BYTES = 64 * 1024 * 1024
"""A run of minutes needs a few MB; a disk with less than this is as good as full."""


def disk_free_bytes(path: Path) -> int:
    """Bytes that this user may still write below an existing folder."""
    return shutil.disk_usage(path).free


def place_problems(
    results_dir: Path, free_bytes: Callable[[Path], int] = disk_free_bytes
) -> tuple[Problem, ...]:
    """Why no run can be saved below `results_dir`; empty where one can."""
    try:
        return _problems(results_dir, free_bytes)
    except OSError as error:
        return (
            Problem(
                code="results_dir_unusable",
                message=f"the results folder {results_dir} cannot be used: {error.strerror}",
                cure="Choose another results folder.",
            ),
        )


def _problems(results_dir: Path, free_bytes: Callable[[Path], int]) -> tuple[Problem, ...]:
    standing = _nearest_standing(results_dir.absolute())
    if not standing.is_dir():
        what = "is a file" if standing.is_file() else "is no folder"
        return (
            Problem(
                code="results_dir_not_a_folder",
                message=f"no result can be saved in {results_dir}: {standing} {what}",
                cure="Choose another results folder, or move what is in the way.",
            ),
        )
    if not os.access(standing, os.W_OK | os.X_OK):
        return (
            Problem(
                code="results_dir_not_writable",
                message=f"no result can be saved in {results_dir}: {standing} may not be written",
                cure="Choose a folder that you may write to.",
            ),
        )
    free = free_bytes(standing)
    if free < LEAST_FREE_BYTES:
        return (
            Problem(
                code="disk_almost_full",
                message=(
                    f"the disk of {results_dir} has {free / 2**20:.0f} MiB left, less than the "
                    f"{LEAST_FREE_BYTES / 2**20:.0f} MiB that a run should find"
                ),
                cure="Free space, or choose a results folder on another disk.",
            ),
        )
    return ()


def _nearest_standing(path: Path) -> Path:
    """The path or the nearest of its parents that is there; a dangling link counts as there."""
    # lstat raises for a part that is a file, and for names that are too long.
    for candidate in (path, *path.parents):
        try:
            candidate.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        return candidate
    return Path(path.anchor)
