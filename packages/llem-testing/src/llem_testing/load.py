"""When devices work: what a scripted backend says and a scripted meter listens to."""

from collections.abc import Iterator
from contextlib import contextmanager

from llem_contracts import Clock


class Load:
    """Spans of time, on the monotonic clock, in which the devices are busy.

    Spans are laid down ahead of time with `add`, or as they happen with `busy`. They do not
    overlap.
    """

    def __init__(self) -> None:
        self._spans: list[tuple[int, int | None]] = []

    def add(self, start_ns: int, end_ns: int) -> None:
        """Busy from `start_ns` until just before `end_ns`."""
        self._spans.append((start_ns, end_ns))

    @contextmanager
    def busy(self, clock: Clock) -> Iterator[None]:
        """Busy while the block runs."""
        position = len(self._spans)
        start_ns = clock.monotonic_ns()
        self._spans.append((start_ns, None))
        try:
            yield
        finally:
            self._spans[position] = (start_ns, clock.monotonic_ns())

    def is_busy(self, at_ns: int) -> bool:
        """Whether the devices work at that instant."""
        return any(start <= at_ns and (end is None or at_ns < end) for start, end in self._spans)

    def busy_ns(self, start_ns: int, end_ns: int) -> int:
        """Nanoseconds of work between two instants."""
        return sum(
            max(0, min(end_ns, end_ns if end is None else end) - max(start_ns, start))
            for start, end in self._spans
        )
