"""What was polled from one device, as columns of equal length."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rows:
    """Polls of one device in order of time. NaN marks what a poll did not get."""

    times_ns: Sequence[int]
    energies_j: Sequence[float]
    powers_w: Sequence[float]
