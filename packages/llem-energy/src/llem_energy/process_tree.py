"""CPU time of a process and of everything that it has started, from /proc (proc(5)).

The kernel keeps it in nanoseconds, but `stat` has it in clock ticks, sysconf(_SC_CLK_TCK) of them a
second (10 ms each nearly everywhere), and each of its four figures is rounded down by itself
(`nsec_to_clock_t` of the kernel). So each is short by less than a tick, uniformly: with n processes
the sum strays by sqrt(4 n / 12) ticks. What has a finer figure does not serve a tree: getrusage(2)
counts microseconds, of this process and of children that have ended; `cpu.stat` of a control group
does too, with whatever else is in the group.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path

_TIMES = slice(11, 15)
"""Of the fields after the name in `stat`: time in user and kernel mode, of the process and of the
children that it has waited for."""
_FIGURES = 4


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
        self._most_processes = 1

    def cpu_seconds(self) -> float:
        """What the tree has used so far; it never falls.

        Time of a child that ended without being waited for is lost. Raises `OSError` where the
        process itself cannot be read.
        """
        ticks = [self._ticks(self._pid), *map(self._ticks_or_none, self._below(self._pid))]
        self._most_processes = max(self._most_processes, len(ticks))
        self._most_ticks = max(self._most_ticks, sum(ticks))
        return self._most_ticks / self._ticks_per_s

    def reading_sigma_s(self) -> float:
        """1 sigma of what a reading is off by, as clock ticks are all that it counts."""
        return math.sqrt(_FIGURES * self._most_processes / 12) / self._ticks_per_s

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
