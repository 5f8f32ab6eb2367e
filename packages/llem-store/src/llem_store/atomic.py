"""Files that are there whole or not at all."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_TEMPORARY = ".tmp"


def is_temporary(name: str) -> bool:
    """Whether a file of this name is one that is being written, or was when its process died."""
    return name.startswith(".") and name.endswith(_TEMPORARY)


def remove_temporaries(folder: Path) -> None:
    """Remove what a process that was killed has left half written. Raises `OSError`."""
    for left in folder.iterdir():
        if is_temporary(left.name):
            left.unlink(missing_ok=True)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of `path` when the block ends without an error.

    The content is on the disk before the name points to it.
    """
    # Two processes may clean up after the same run: each writes a file of its own.
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_TEMPORARY}")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    # Some file systems refuse to sync a folder; the rename itself has succeeded.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
