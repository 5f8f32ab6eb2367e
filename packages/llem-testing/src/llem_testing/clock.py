"""A clock that moves when it is told to."""

from datetime import UTC, datetime

_START_WALL_NS = int(datetime(2026, 11, 23, 14, 30, 5, tzinfo=UTC).timestamp()) * 1_000_000_000


class FakeClock:
    """A `Clock` whose `sleep` returns at once and moves the time on.

    Monotonic and wall time move together; only `set_wall_ns` parts them.
    """

    def __init__(
        self,
        *,
        monotonic_ns: int = 1_000_000_000,
        wall_ns: int = _START_WALL_NS,
        tick_ns: int = 0,
    ) -> None:
        """`tick_ns` passes after each reading of the monotonic time."""
        self._monotonic_ns = monotonic_ns
        self._wall_offset_ns = wall_ns - monotonic_ns
        self._tick_ns = tick_ns

    def monotonic_ns(self) -> int:
        now_ns = self._monotonic_ns
        self._monotonic_ns += self._tick_ns
        return now_ns

    def wall_ns(self) -> int:
        return self._monotonic_ns + self._wall_offset_ns

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass. Raises `ValueError` for a negative time."""
        if seconds < 0:
            raise ValueError(f"time does not go back: {seconds} s")
        self._monotonic_ns += round(seconds * 1e9)

    def set_monotonic_ns(self, monotonic_ns: int) -> None:
        """Go to a later instant; wall time moves along. Raises `ValueError` for an earlier one."""
        if monotonic_ns < self._monotonic_ns:
            raise ValueError(f"{monotonic_ns} ns is in the past of {self._monotonic_ns} ns")
        self._monotonic_ns = monotonic_ns

    def set_wall_ns(self, wall_ns: int) -> None:
        """Step the wall clock, as a time server does."""
        self._wall_offset_ns = wall_ns - self._monotonic_ns
