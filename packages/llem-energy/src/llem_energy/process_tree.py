"""CPU time of a process and of everything that it has started, from /proc (proc(5))."""

import os
from collections.abc import Iterator
from pathlib import Path

_TIMES = slice(11, 15)
"""Of the fields after the name in `stat`: time in user and kernel mode, of the process and of the
children that it has waited for."""


class ProcessTree:
    """A process with its descendants."""

    def __init__(
        self, pid: int, proc: Path = Path("/proc"), ticks_per_s: int | None = None
    ) -> None:
        """`ticks_per_s`: the unit of the kernel's figures; the running kernel's own by default."""
        self._pid = pid
        self._proc = proc
        self._ticks_per_s = ticks_per_s or os.sysconf("SC_CLK_TCK")
        self._most_ticks = 0

    def cpu_seconds(self) -> float:
        """What the tree has used so far; it never falls.

        Time of a child that ended without being waited for is lost. Raises `OSError` where the
        process itself cannot be read.
        """
        ticks = self._ticks(self._pid) + sum(map(self._ticks_or_none, self._below(self._pid)))
        self._most_ticks = max(self._most_ticks, ticks)
        return self._most_ticks / self._ticks_per_s

    def _ticks(self, pid: int) -> int:
        stat = (self._proc / str(pid) / "stat").read_text(errors="replace")
        return sum(int(ticks) for ticks in stat.rpartition(")")[2].split()[_TIMES])

    def _ticks_or_none(self, pid: int) -> int:
        try:
            return self._ticks(pid)
        except OSError:  # it has ended: its parent has its time, once it has waited
            return 0

    def _below(self, pid: int) -> Iterator[int]:
        """Descendants, as far as the kernel tells of them."""
        try:
            lists = [path.read_text() for path in (self._proc / str(pid)).glob("task/*/children")]
        except OSError:  # a thread that has just ended
            return
        for child in map(int, " ".join(lists).split()):
            yield child
            yield from self._below(child)
