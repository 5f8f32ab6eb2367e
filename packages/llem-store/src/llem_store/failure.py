"""Turns what the operating system refuses into a sentence and a cure."""

import errno
from pathlib import Path

from llem_contracts import StoreError

_CAUSES = {
    errno.ENOSPC: ("the disk is full", "Free space, or choose another results folder."),
    errno.EDQUOT: ("the disk quota is used up", "Free space, or choose another results folder."),
    errno.EFBIG: ("a file may not grow that large there", "Choose another results folder."),
    errno.EACCES: ("permission is denied", "Choose a folder that you may write to."),
    errno.EPERM: ("permission is denied", "Choose a folder that you may write to."),
    errno.EROFS: ("the file system is read-only", "Choose a folder on another file system."),
    errno.ENOENT: ("the folder is gone", "Leave the results folder in place while a run lasts."),
    errno.ENOTDIR: ("a part of the path is a file", "Choose a folder that is not below a file."),
    errno.EEXIST: ("a part of the path is a file", "Choose a folder that is not below a file."),
    errno.ENAMETOOLONG: ("the path is too long", "Choose a results folder with a shorter path."),
}


def cannot_write(path: Path, error: OSError) -> StoreError:
    """The error for a failed write below `path`."""
    cause, cure = _CAUSES.get(
        error.errno or 0,
        (error.strerror or str(error), "Choose another results folder."),
    )
    return StoreError(f"{path} cannot be written: {cause}", cure=cure)
