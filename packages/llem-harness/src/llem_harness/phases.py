"""Telling a listener where a run has come to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from llem_contracts import Clock, EventListener, PhaseFinished, PhaseProgress, PhaseStarted

Progress = Callable[[float, float | None], None]
"""Told what is completed and, where it changed, the total."""

_QUIET_NS = 100_000_000
"""Shortest time between two progress events: listening must not cost what is measured."""


@contextmanager
def phase(
    name: str,
    listener: EventListener,
    clock: Clock,
    *,
    total: float | None = None,
    unit: Literal["s", "runs", "requests"] | None = None,
) -> Iterator[Progress]:
    """Announce a phase and its end; gives a function that tells its progress."""
    started_ns = clock.monotonic_ns()
    told_ns = 0

    def progress(completed: float, new_total: float | None = None) -> None:
        nonlocal told_ns
        now_ns = clock.monotonic_ns()
        if now_ns - told_ns >= _QUIET_NS or completed in (total, new_total):
            told_ns = now_ns
            listener(PhaseProgress(phase=name, completed=completed, total=new_total or total))

    listener(PhaseStarted(phase=name, total=total, unit=unit))
    yield progress
    listener(PhaseFinished(phase=name, duration_s=(clock.monotonic_ns() - started_ns) / 1e9))
