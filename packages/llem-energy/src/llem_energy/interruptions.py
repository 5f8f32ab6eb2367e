"""Times in which a sensor was not read, seen from a window."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

INTERRUPTED_S = 0.25
"""A sensor that was not read for longer counts as interrupted: more than two updates of all current
boards (100 ms, arXiv 2312.02741) are missing, and several polls."""
BESIDE_S = 0.1
"""An interruption this close to a window concerns its ends."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """From the last reading before it to the first one after, with both values."""

    start_ns: int
    end_ns: int
    before: float
    after: float

    @property
    def seconds(self) -> float:
        return (self.end_ns - self.start_ns) / 1e9

    def seconds_within(self, start_ns: int, end_ns: int) -> float:
        """How much of it lies in a span."""
        return max(min(self.end_ns, end_ns) - max(self.start_ns, start_ns), 0) / 1e9


def interruptions(
    times_ns: Sequence[int], values: Sequence[float], start_ns: int, end_ns: int
) -> list[Interruption]:
    """Those that reach into a span. `values`: what polls at `times_ns` read, NaN where nothing."""
    read = [(at, v) for at, v in zip(times_ns, values, strict=True) if not math.isnan(v)]
    return [
        Interruption(earlier[0], later[0], earlier[1], later[1])
        for earlier, later in pairwise(read)
        if later[0] - earlier[0] > INTERRUPTED_S * 1e9
        and earlier[0] < end_ns
        and later[0] > start_ns
    ]


def unread_j(
    times_ns: Sequence[int], powers_w: Sequence[float], start_ns: int, end_ns: int
) -> float:
    """1 sigma of what a power may have been while it was not read in a window.

    It went from the one value to the other at any instant, uniform within the time times their
    difference, and moved as it does in the rest of the window.
    """
    found = interruptions(times_ns, powers_w, start_ns, end_ns)
    if not found:
        return 0.0
    inside = [
        power_w
        for at_ns, power_w in zip(times_ns, powers_w, strict=True)
        if start_ns <= at_ns <= end_ns and not math.isnan(power_w)
    ]
    mean_w = math.fsum(inside) / len(inside) if inside else 0.0
    spread_w = math.sqrt(math.fsum((p - mean_w) ** 2 for p in inside) / max(len(inside), 1))
    return math.hypot(
        *(
            hole.seconds_within(start_ns, end_ns)
            * math.hypot((hole.after - hole.before) / math.sqrt(3), spread_w)
            for hole in found
        )
    )
