"""Percentiles of raw values."""

from collections.abc import Sequence


def quantile(values: Sequence[float], percent: float) -> float:
    """The percentile of at least one value, from 0 to 100, linear between ranks.

    The value at rank `1 + (n - 1) percent / 100`: type 7 of Hyndman and Fan, "Sample Quantiles in
    Statistical Packages", The American Statistician 50 (1996) 361.
    """
    return of_sorted(sorted(values), percent / 100)


def of_sorted(ordered: Sequence[float], fraction: float) -> float:
    """The same of values in rising order, for a fraction from 0 to 1."""
    rank = (len(ordered) - 1) * fraction
    below = int(rank)
    above = min(below + 1, len(ordered) - 1)
    low, high = float(ordered[below]), float(ordered[above])
    # Never past either neighbour, whatever the rounding.
    return min(max(low + (high - low) * (rank - below), low), high)
