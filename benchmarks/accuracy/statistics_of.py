"""Figures of merit over many windows, and the bounds they are held to."""

import math
from collections.abc import Sequence
from statistics import fmean, median, stdev

Z_95 = 1.959964


def percentile(values: Sequence[float], share: float) -> float:
    """By linear interpolation between the sorted values."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def wilson_lower(successes: int, trials: int) -> float:
    """Lower end of Wilson's 95 % interval of a share."""
    if not trials:
        return 0.0
    share, z2 = successes / trials, Z_95**2
    centre = share + z2 / (2 * trials)
    spread = Z_95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    return (centre - spread) / (1 + z2 / trials)


def behind(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float]:
    """How much larger our errors are on average, and the standard error of the paired difference.

    Errors of the same windows, in points of the true energy.
    """
    differences = [our - their for our, their in zip(ours, theirs, strict=True)]
    if len(differences) < 2:
        return fmean(differences), math.inf
    return fmean(differences), stdev(differences) / math.sqrt(len(differences))


def calibration(half_widths: Sequence[float], errors: Sequence[float]) -> tuple[float, float]:
    """Median half-width, and as a multiple of the median error."""
    width, error = median(half_widths), median(errors)
    return width, width / error if error else math.inf
