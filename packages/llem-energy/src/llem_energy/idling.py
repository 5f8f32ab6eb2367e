"""How well the mean of an idle power is known, from samples that are not independent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, stdev

_LEAST = 4


@dataclass(frozen=True, slots=True)
class Idling:
    """Statistics of a sum over devices."""

    std_w: float | None
    """Standard deviation of the samples; None for fewer than two."""
    effective_samples: float | None
    """So many independent samples would tell the mean as well."""
    standard_error_w: float | None
    """Of the mean: `std_w` over the root of the effective samples."""
    drift_w: float | None
    """Change over the time watched, by a straight line through the samples."""


def idling(powers_w: Sequence[float]) -> Idling:
    """Statistics of samples at equal distances.

    A sensor is polled more often than it updates, and an idle board wanders: neighbours resemble
    each other. With r the correlation of neighbours, n samples are worth n (1 - r) / (1 + r)
    (first-order autoregression), one at least.
    """
    n = len(powers_w)
    if n < 2:
        return Idling(None, None, None, None)
    std_w = stdev(powers_w)
    if n < _LEAST or std_w == 0:
        return Idling(std_w, float(n), std_w / math.sqrt(n), _drift_w(powers_w))
    r = min(max(_neighbours(powers_w), 0.0), 1 - 1 / n)
    effective = max(n * (1 - r) / (1 + r), 1.0)
    return Idling(std_w, effective, std_w / math.sqrt(effective), _drift_w(powers_w))


def _neighbours(values: Sequence[float]) -> float:
    """Correlation of each sample with the next."""
    mean = fmean(values)
    moved = [value - mean for value in values]
    return sum(a * b for a, b in pairwise(moved)) / sum(a * a for a in moved)


def _drift_w(values: Sequence[float]) -> float:
    """Slope of the least-squares line, times its length."""
    n = len(values)
    middle, mean = (n - 1) / 2, fmean(values)
    squares = sum((index - middle) ** 2 for index in range(n))
    slope = sum((index - middle) * (value - mean) for index, value in enumerate(values)) / squares
    return slope * (n - 1)
