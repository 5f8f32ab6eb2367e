"""Figures from rounds in which every contender does the same work, in changing order."""

import math
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

LEAST_ROUNDS = 6
"""With fewer, not even the extreme values bound a median from both sides at 95 %."""


@dataclass(frozen=True)
class Rounds:
    """Seconds of each contender, round by round."""

    seconds: Mapping[str, Sequence[float]]

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def ratios(self, name: str, base: str) -> list[float]:
        """Speed of `name` as a share of that of `base`, for each round."""
        pairs = zip(self.seconds[base], self.seconds[name], strict=True)
        return [slow / fast for slow, fast in pairs]


def alternate(
    contenders: Mapping[str, Callable[[], object]], seconds: float, least: int = LEAST_ROUNDS
) -> Rounds:
    """Rounds until the time is up, at least `least`; each contender runs once before, unseen."""
    for run in contenders.values():
        run()
    chooser = random.Random(0)
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    until = time.monotonic() + seconds
    while time.monotonic() < until or min(map(len, taken.values())) < least:
        for name in chooser.sample(list(contenders), k=len(contenders)):
            start_ns = time.monotonic_ns()
            contenders[name]()
            taken[name].append((time.monotonic_ns() - start_ns) / 1e9)
    return Rounds(taken)


def lower_bound(values: Sequence[float]) -> float:
    """One-sided 95 % bound of the median, by the signs: no distribution is assumed.

    The k-th smallest value lies above the median with the probability that fewer than k of n fair
    coins show heads; the largest k for which that is at most 5 %.
    """
    return sorted(values)[_rank(len(values), 0.05) - 1]


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Two-sided 95 % interval of the median, by the signs."""
    rank = _rank(len(values), 0.025)
    ordered = sorted(values)
    return ordered[rank - 1], ordered[-rank]


def _rank(n: int, most: float) -> int:
    """The largest k with P(heads of n fair coins < k) <= most; 1 where there is none."""
    below, k = 0.0, 0
    while below + math.comb(n, k) / 2**n <= most:
        below += math.comb(n, k) / 2**n
        k += 1
    return max(1, k)
