"""A disk of a stated size that fills up, becomes read-only, and goes without a trace.

    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        (disk.path / "file").write_bytes(bytes(2 << 20))       # OSError: ENOSPC

It is a file system in memory, mounted in the mount namespace of a process that does nothing else,
and is reached through that process's root. So it needs no administrator where the kernel lets users
have namespaces, and it ends with its process, however the tests end. Linux.
"""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

_HOLD = """
mount -t tmpfs -o "size=$2,mode=0700" small-disk "$1" && echo ready || exit
while read -r _; do
    mount -o remount,bind,ro "$1" && echo done || echo failed
done
"""
_BALLAST = "ballast"


class SmallDisk:
    """A small disk, mounted. `path` is absolute; no process can have it as its current folder."""

    def __init__(self, path: Path, holder: "subprocess.Popen[str]") -> None:
        self.path = path
        self._holder = holder

    @property
    def free_bytes(self) -> int:
        return shutil.disk_usage(self.path).free

    def fill(self) -> None:
        """Take all the space that is left, also while others write."""
        descriptor = os.open(self.path / _BALLAST, os.O_WRONLY | os.O_CREAT)
        try:
            while free := self.free_bytes:
                end = os.fstat(descriptor).st_size
                try:
                    os.posix_fallocate(descriptor, end, free)
                except OSError as error:
                    if error.errno != errno.ENOSPC:  # another was quicker: take what it has left
                        raise
        finally:
            os.close(descriptor)

    def free(self) -> None:
        """Give back what `fill` took."""
        (self.path / _BALLAST).unlink()

    def make_read_only(self) -> None:
        """Refuse every write from now on. `OSError` while a file is open for writing."""
        assert self._holder.stdin is not None
        assert self._holder.stdout is not None
        self._holder.stdin.write("read-only\n")
        self._holder.stdin.flush()
        if self._holder.stdout.readline() != "done\n":
            raise OSError("the disk is in use")


@contextmanager
def small_disk(mount_point: Path, size_bytes: int) -> Iterator[SmallDisk]:
    """A new disk of `size_bytes`, whole pages; the test is skipped where none can be had."""
    mount_point.mkdir()
    with _holder(mount_point, size_bytes) as holder:
        yield SmallDisk(Path(f"/proc/{holder.pid}/root{mount_point.absolute()}"), holder)


@contextmanager
def _holder(mount_point: Path, size_bytes: int) -> Iterator["subprocess.Popen[str]"]:
    refusals = list[str]()
    for namespace in _namespaces():
        with subprocess.Popen(
            [*namespace, "sh", "-c", _HOLD, "sh", str(mount_point), str(size_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as holder:
            assert holder.stdout is not None
            assert holder.stderr is not None
            try:
                if holder.stdout.readline() == "ready\n":
                    yield holder
                    return
                refusals.append(holder.stderr.read().strip())
            finally:
                holder.kill()
    pytest.skip(f"no file system can be mounted here: {'; '.join(refusals) or 'no unshare'}")


def _namespaces() -> Iterator[Sequence[str]]:
    """Commands that run another one where it may mount: a user's way, then the administrator's."""
    unshare = shutil.which("unshare")
    if unshare is not None:
        yield unshare, "--mount", "--map-root-user"
        yield unshare, "--mount"
