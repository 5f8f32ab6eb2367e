"""An energy counter as polls see it, followed over its wraps and given up where it cannot be.

A counter with a range begins again at zero when it has reached it (RAPL: 32 bits of 15 to 61
microjoules, 65 to 262 kJ, which a fast server uses within minutes). Between two polls it grew by

    (later - earlier) modulo range,

provided that it cannot have wrapped more than once. `HIGHEST_W` bounds what a counter can have
grown by: where that is a range or more the growth cannot be told, and growth beyond it is no wrap
but a counter that was set to something else.
"""

from dataclasses import dataclass

HIGHEST_W = 2000.0
"""More than any processor package or memory of one draws: the largest today are specified for
500 to 600 W and exceed that for milliseconds at most by a factor of two."""
_LATE_S = 0.05
"""By which a reading may be older than the poll that got it."""


@dataclass(frozen=True, slots=True)
class Break:
    """A span between two polls of which nobody can say by how much the counter grew."""

    start_ns: int
    end_ns: int
    reason: str


class Counter:
    """One counter, poll by poll."""

    def __init__(self, range_j: float | None = None) -> None:
        """`range_j`: where it begins again at zero; None for one that never does."""
        self.breaks: list[Break] = []
        """In order of time."""
        self._range_j = range_j
        self._last: tuple[int, float] | None = None
        self._total_j = 0.0

    def follow(self, at_ns: int, shown_j: float) -> float:
        """Take a reading; gives the count without its wraps, from the first reading on."""
        earlier, self._last = self._last, (at_ns, shown_j)
        if earlier is None or self._range_j is None:
            if earlier is not None and shown_j < earlier[1]:
                fell = "the energy counter fell, as after a reload of the driver"
                self.breaks.append(Break(earlier[0], at_ns, fell))
            self._total_j = shown_j
            return shown_j
        passed_s = (at_ns - earlier[0]) / 1e9
        most_j = HIGHEST_W * (passed_s + _LATE_S)
        grown_j = (shown_j - earlier[1]) % self._range_j
        if most_j >= self._range_j:
            reason = f"it was not read for {passed_s:.0f} s, in which it may have wrapped twice"
            self.breaks.append(Break(earlier[0], at_ns, reason))
        elif grown_j > most_j:
            reason = f"it went from {earlier[1]:.6g} J to {shown_j:.6g} J, which is no wrap"
            self.breaks.append(Break(earlier[0], at_ns, reason))
        else:
            self._total_j += grown_j
        return self._total_j
