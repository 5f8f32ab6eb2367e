"""Whether the model cache can take what is still to be downloaded. Makes nothing."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from llem_contracts import Problem

_MIB = 2**20
_CURE = "or name another folder as output.model_cache_dir in the user config"


def disk_free_bytes(folder: Path) -> int:
    """Bytes that this user may still write below an existing folder."""
    return shutil.disk_usage(folder).free


def room_problems(
    model: str, download_bytes: int, cache: Path, free_bytes: Callable[[Path], int]
) -> tuple[Problem, ...]:
    """Why so many bytes cannot be kept below `cache`, which need not exist yet."""
    standing = next(path for path in (cache, *cache.absolute().parents) if path.exists())
    if not standing.is_dir() or not os.access(standing, os.W_OK | os.X_OK):
        return (
            Problem(
                code="model_cache_not_writable",
                message=f"the model {model!r} has to be downloaded, and nothing can be written "
                f"to the model cache {cache}",
                cure=f"Make it writable for this user, {_CURE}.",
            ),
        )
    free = free_bytes(standing)
    if free >= download_bytes:
        return ()
    return (
        Problem(
            code="model_cache_full",
            message=f"the model {model!r} has to be downloaded, {download_bytes / _MIB:,.0f} MiB, "
            f"and {free / _MIB:,.0f} MiB are free for the model cache {cache}",
            cure=f"Free space there, {_CURE}.",
        ),
    )
