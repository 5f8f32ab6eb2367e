"""Time, as a boundary: so that tests need not wait."""

import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic and wall time, and waiting."""

    def monotonic_ns(self) -> int:
        """Nanoseconds on a clock that never steps; its origin means nothing."""
        ...

    def wall_ns(self) -> int:
        """Nanoseconds since the Unix epoch."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; other threads go on."""
        ...


class SystemClock:
    """The machine's clock."""

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        return time.time_ns()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
