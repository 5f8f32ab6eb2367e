"""Tells a process that hangs from one that works, by the CPU time that it uses."""

import os
from collections.abc import Callable
from pathlib import Path

LEAST_SHARE = 0.001
"""Of one core. Reading weights from a slow disk takes more, so does a driver that is waited for."""

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
"""Unit of the times in /proc (proc(5))."""


class Watch:
    """Looks at a process from which an answer is awaited."""

    def __init__(
        self,
        cpu_seconds: Callable[[], float | None],
        now_ns: Callable[[], int],
        patience_s: float,
    ) -> None:
        """`cpu_seconds` tells what the process has used, None where the system does not tell.
        It hangs when it used less than a thousandth of a core for `patience_s`."""
        self._cpu_seconds = cpu_seconds
        self._now_ns = now_ns
        self._patience_s = patience_s
        self._since_ns = now_ns()
        self._used_s = cpu_seconds()

    def hangs(self) -> bool:
        """Whether it has used next to nothing for as long."""
        used_s = self._cpu_seconds()
        now_ns = self._now_ns()
        least_s = LEAST_SHARE * self._patience_s
        if used_s is None or self._used_s is None or used_s - self._used_s >= least_s:
            self._since_ns, self._used_s = now_ns, used_s
            return False
        return (now_ns - self._since_ns) / 1e9 >= self._patience_s


def cpu_seconds(pid: int, proc: Path = Path("/proc")) -> float | None:
    """CPU time that a process has used in all its threads; None where nothing tells it."""
    try:
        stat = (proc / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / _TICKS_PER_S
