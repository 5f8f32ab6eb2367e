"""Whether the process of a run is still there. Linux; elsewhere nobody is ever taken for gone."""

import os
import platform
from pathlib import Path

from llem_schema import RunProcess

_PROC = Path("/proc")
_DEAD = ("X", "Z")
"""Letters of proc(5): a process that has ended, also while nobody has asked for its exit code."""


class ProcessTable:
    """The processes of this machine, as its kernel lists them."""

    def __init__(self, proc: Path = _PROC, host: str | None = None) -> None:
        """`host` is this machine's name."""
        self._proc = proc
        self._host = platform.node() if host is None else host

    def this_one(self) -> RunProcess:
        """The process that asks."""
        pid = os.getpid()
        stat = self._stat(pid)
        return RunProcess(
            pid=pid,
            started_ticks=None if stat is None else stat[1],
            host=self._host,
            boot_id=self._boot_id(),
            pid_namespace=self._namespace(),
        )

    def is_gone(self, process: RunProcess) -> bool | None:
        """Whether a process has ended; None where that cannot be told from here.

        It has where the machine was started anew since, where there is no process of its number, or
        where the one of its number began at another time. A process of another machine or of
        another namespace cannot be seen.
        """
        boot_id = self._boot_id()
        if process.host != self._host or None in (boot_id, process.boot_id, process.started_ticks):
            return None
        if process.boot_id != boot_id:
            return True
        if process.pid_namespace is None or process.pid_namespace != self._namespace():
            return None
        stat = self._stat(process.pid)
        return stat is None or stat[0] in _DEAD or stat[1] != process.started_ticks

    def _stat(self, pid: int) -> tuple[str, int] | None:
        """Letter of the state and start in clock ticks; None where there is no such process."""
        try:
            text = (self._proc / str(pid) / "stat").read_text(errors="replace")
        except OSError:
            return None
        # The command's name stands in parentheses, and may hold some itself.
        fields = text.rpartition(")")[2].split()
        return (fields[0], int(fields[19])) if len(fields) > 19 else None

    def _boot_id(self) -> str | None:
        try:
            return (self._proc / "sys/kernel/random/boot_id").read_text().strip() or None
        except OSError:
            return None

    def _namespace(self) -> int | None:
        try:
            return (self._proc / "self/ns/pid").stat().st_ino
        except OSError:
            return None
