"""Confidence intervals for values that come in clusters.

The requests of one batch begin together and wait for one another, so that they are far from
independent: a batch is one piece of evidence, not as many as it has requests. All intervals rest
on how the clusters differ. They are about the figure that the same workload tends to on the same
machine, not about other prompts.

They are closed forms and give the same figures each time. A bootstrap that draws clusters with
replacement says the same, as a test shows, and takes seconds for a hundred thousand gaps between
tokens.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import NormalDist

from llem_stats.quantiles import of_sorted

LEAST_CLUSTERS = 8
"""From fewer the differences between clusters are too uncertain themselves."""


@dataclass(frozen=True)
class Interval:
    """Holds the true value with the probability that was asked for."""

    lower: float
    upper: float


def mean_interval(clusters: Sequence[Sequence[float]], level: float = 0.95) -> Interval | None:
    """Of the mean over all values, as the ratio of their sums to their counts; None for fewer than
    `LEAST_CLUSTERS` clusters."""
    return ratio_interval([math.fsum(c) for c in clusters], [len(c) for c in clusters], level)


def ratio_interval(
    parts: Sequence[float], sizes: Sequence[float], level: float = 0.95
) -> Interval | None:
    """Of the ratio of two sums, such as tokens by seconds, to which every cluster gives a part and
    a size above 0; None for fewer than `LEAST_CLUSTERS` clusters.

    Its variance is that of Cochran, "Sampling Techniques" (3rd ed., 1977), section 6.4, with
    Student's t for the clusters. A cluster may be of any size: it counts by it.
    """
    if len(parts) < LEAST_CLUSTERS:
        return None
    whole = math.fsum(sizes)
    ratio = math.fsum(parts) / whole
    error = _ratio_error(
        [part - ratio * size for part, size in zip(parts, sizes, strict=True)], whole
    )
    half = student_t(level, len(parts) - 1) * error
    return Interval(ratio - half, ratio + half)


def quantile_interval(
    clusters: Sequence[Sequence[float]], percent: float, level: float = 0.95
) -> Interval | None:
    """Of a percentile over all values; None where they are too few to bound it.

    Woodruff, "Confidence Intervals for Medians and Other Position Measures", JASA 47 (1952) 635: an
    interval for the share of values below the percentile, turned into values. The share's error is
    that of a ratio over clusters, and not below that of independent values. A percentile so far out
    that the interval of its share goes beyond 0 or 1 has no bound on that side.
    """
    if len(clusters) < LEAST_CLUSTERS:
        return None
    ordered = sorted(chain.from_iterable(clusters))
    fraction = percent / 100
    at = of_sorted(ordered, fraction)
    below = [sum(value <= at for value in cluster) for cluster in clusters]
    share = sum(below) / len(ordered)
    differences = [b - share * len(c) for b, c in zip(below, clusters, strict=True)]
    independent = math.sqrt(fraction * (1 - fraction) / len(ordered))
    error = max(_ratio_error(differences, len(ordered)), independent)
    half = student_t(level, len(clusters) - 1) * error
    if fraction - half <= 0 or fraction + half >= 1:
        return None
    return Interval(of_sorted(ordered, fraction - half), of_sorted(ordered, fraction + half))


def student_t(level: float, degrees: int) -> float:
    """The value that Student's t stays within, on both sides, with a probability of `level`.

    The expansion of Fisher and Cornish, "The Percentile Points of Distributions Having Known
    Cumulants", Technometrics 2 (1960) 209, to third order: within 0.1 % from 7 degrees of freedom.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    return (
        z
        + (z**3 + z) / (4 * degrees)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
    )


def _ratio_error(differences: Sequence[float], whole: float) -> float:
    """Standard error of a ratio, from what each cluster has more of than its share."""
    clusters = len(differences)
    squares = math.fsum(difference**2 for difference in differences)
    return math.sqrt(clusters / (clusters - 1) * squares) / whole
