"""What was polled from one device, as columns of equal length."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rows:
    """Polls of one device in order of time. NaN marks what a poll did not get."""

    times_ns: Sequence[int]
    halves_ns: Sequence[int]
    """Half the time that each poll's call took."""
    energies_j: Sequence[float]
    instants_w: Sequence[float]
    averages_w: Sequence[float]
