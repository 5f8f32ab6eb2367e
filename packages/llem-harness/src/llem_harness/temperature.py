"""How much warmer or cooler devices became during the window."""

from collections.abc import Iterable
from statistics import fmean

from llem_contracts import Sample

_ENDS = 3
"""Readings at either end that are averaged, since devices tell whole degrees."""


def temperature_drift_c(samples: Iterable[Sample]) -> float | None:
    """Change over the window, of the device that changed most; None without two readings of one.

    `samples`: those of the window, in order of time. Negative where a device cooled down.
    """
    by_device: dict[str, list[float]] = {}
    for sample in samples:
        if sample.temperature_c is not None:
            by_device.setdefault(sample.device, []).append(sample.temperature_c)
    drifts = [_drift_c(readings) for readings in by_device.values() if len(readings) > 1]
    return max(drifts, key=abs, default=None)


def _drift_c(readings: list[float]) -> float:
    ends = min(_ENDS, len(readings) // 2)
    return fmean(readings[-ends:]) - fmean(readings[:ends])
