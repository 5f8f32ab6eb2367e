"""Finding the folders of runs below a folder, with as few questions to the file system as can be:
one for a complete run. On a network each takes a round trip."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llem_store.layout import PARTIAL_NAME, RESULT_NAME, STATE_NAME, STREAM_SUFFIX
from llem_store.state import read_state


@dataclass(frozen=True, slots=True)
class FoundRun:
    """A folder that is a run's, or that cannot be looked into."""

    relative: str
    """Its path from the folder that was searched; empty for that folder itself."""
    document: str | None
    """`result.json` or `partial.json`; None where there is neither."""
    status: os.stat_result | None
    """Of the document."""
    error: OSError | None = None
    """Why the folder cannot be looked into."""


def find_runs(root: Path) -> Iterator[FoundRun]:
    """The runs at `root` and below, in no order. Raises `OSError` where `root` cannot be listed.

    A run holds no other runs. Folders whose names begin with a dot are passed over. A link to a
    folder elsewhere is followed; no folder is looked at twice, so that circles end.
    """
    top = os.fspath(root)
    home = os.path.realpath(top)
    seen = {_identity(os.stat(top))}  # noqa: PTH116
    # Beside each folder whether a link led there: only then may it have been seen before.
    waiting = [("", False)]
    while waiting:
        relative, linked = waiting.pop()
        folder = os.path.join(top, relative) if relative else top  # noqa: PTH118
        try:
            found, below = _look(folder, relative)
        except FileNotFoundError:
            if not relative:
                raise
            continue  # it went away meanwhile
        except OSError as error:
            if not relative:
                raise
            found, below = FoundRun(relative, None, None, error=error), []
        if found is not None:
            yield found
        for entry in below:
            path = os.path.join(relative, entry.name)  # noqa: PTH118
            if entry.is_symlink():
                if _inside(os.path.realpath(entry.path), home) or _seen(entry, seen):
                    continue
                waiting.append((path, True))
            elif not linked or not _seen(entry, seen):
                waiting.append((path, linked))


def _look(folder: str, relative: str) -> tuple[FoundRun | None, list["os.DirEntry[str]"]]:
    """The run that a folder is, if any, and else the folders in it."""
    status = _file_status(folder, RESULT_NAME)
    if status is not None:
        return FoundRun(relative, RESULT_NAME, status), []
    with os.scandir(folder) as listing:
        entries = list(listing)
    if any(entry.name == PARTIAL_NAME for entry in entries):
        status = _file_status(folder, PARTIAL_NAME)
        if status is not None:
            return FoundRun(relative, PARTIAL_NAME, status), []
    if any(entry.name.endswith(STREAM_SUFFIX) for entry in entries) or (
        # Others keep files of that name too.
        any(entry.name == STATE_NAME for entry in entries) and read_state(Path(folder)) is not None
    ):
        return FoundRun(relative, None, None), []
    return None, [e for e in entries if not e.name.startswith(".") and _is_folder(e)]


def _file_status(folder: str, name: str) -> os.stat_result | None:
    try:
        status = os.stat(f"{folder}/{name}")  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _seen(entry: "os.DirEntry[str]", seen: set[tuple[int, int]]) -> bool:
    """Whether a folder was looked at before; from now on it was."""
    try:
        identity = _identity(entry.stat())
    except OSError:
        return False
    known = identity in seen
    seen.add(identity)
    return known


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
