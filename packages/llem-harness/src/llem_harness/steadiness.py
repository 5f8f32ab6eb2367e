"""Whether power was steady over a stretch of time."""

import statistics
from collections import defaultdict
from collections.abc import Sequence

from llem_contracts import Sample

STEADY_CV = 0.05
"""The most that 1-s means of a steady power vary by (coefficient of variation)."""


def second_means_w(samples: Sequence[Sample], end_ns: int, seconds: int) -> list[float] | None:
    """Mean power of each of the `seconds` before `end_ns`, summed over the devices, latest first.

    None where a second lacks a reading of a device, or where there is none at all.
    """
    power: list[defaultdict[str, list[float]]] = [defaultdict(list) for _ in range(seconds)]
    for sample in samples:
        age_s = (end_ns - sample.monotonic_ns) / 1e9
        if sample.power_w is not None and 0 <= age_s < seconds:
            power[int(age_s)][sample.device].append(sample.power_w)
    devices = set(power[0]) if power else set()
    if not devices or any(set(second) != devices for second in power):
        return None
    return [sum(statistics.fmean(values) for values in second.values()) for second in power]


def variation(means_w: Sequence[float]) -> float | None:
    """Coefficient of variation of two means or more; None where they are not above zero."""
    mean_w = statistics.fmean(means_w)
    return statistics.stdev(means_w) / mean_w if mean_w > 0 else None
