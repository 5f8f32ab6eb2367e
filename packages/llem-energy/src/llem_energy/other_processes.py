"""Which processes on a device are none of the measured work."""

import os
from collections.abc import Iterable
from pathlib import Path

_PARENT = 1
"""Of the fields after the name in `stat` (proc(5))."""
_DEEPEST = 64


class OtherProcesses:
    """Tells strangers from the process that measures and from all that it has started."""

    def __init__(self, metering_pid: int | None = None, proc: Path = Path("/proc")) -> None:
        """`metering_pid`: this process by default."""
        self._own = os.getpid() if metering_pid is None else metering_pid
        self._proc = proc

    def count(self, pids: Iterable[int]) -> int:
        """How many of the processes on a device are strangers.

        A driver tells the pids of the machine, which in a container are others than those within:
        where none of them is known to be ours, one that cannot be seen here is taken for us.
        """
        found = set(pids)
        ours = {pid for pid in found if self._is_ours(pid)}
        unseen = {pid for pid in found if not (self._proc / str(pid)).exists()}
        strangers = len(found - ours)
        return strangers - 1 if unseen and not ours else strangers

    def _is_ours(self, pid: int) -> bool:
        for _ in range(_DEEPEST):
            if pid == self._own:
                return True
            parent = self._parent_of(pid)
            if parent is None:
                return False
            pid = parent
        return False

    def _parent_of(self, pid: int) -> int | None:
        """None for a process that cannot be seen, or has ended."""
        try:
            stat = (self._proc / str(pid) / "stat").read_text(errors="replace")
        except OSError:
            return None
        return int(stat.rpartition(")")[2].split()[_PARENT])
