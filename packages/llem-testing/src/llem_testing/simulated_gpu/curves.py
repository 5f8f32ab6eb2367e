"""True power over time, and its integral, in whole numbers.

Times are nanoseconds since the scenario's start, powers milliwatts, so that an integral comes in
picojoules. Over a linear piece from (t0, p0) to (t1, p1) with width w = t1 - t0

    p(t) = p0 + (p1 - p0) (t - t0) / w
    E(t) = E(t0) + p0 (t - t0) + (p1 - p0) (t - t0)^2 / (2 w)

2 E is kept, since it is whole at every corner of a curve. Within a slope 2 E is rounded down: the
only rounding there is. Before its start a curve has the power of its start.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol


class Curve(Protocol):
    """A power over time."""

    def power_mw(self, at_ns: int) -> float:
        """The power; at a step the one after it."""
        ...

    def doubled_energy_pj(self, at_ns: int) -> int:
        """Twice the integral from 0 to `at_ns`; negative before 0."""
        ...


def mean_power_mw(curve: Curve, start_ns: int, end_ns: int) -> float:
    """The mean over a span as one division; over an empty one the power there."""
    if start_ns == end_ns:
        return curve.power_mw(end_ns)
    doubled_pj = curve.doubled_energy_pj(end_ns) - curve.doubled_energy_pj(start_ns)
    return doubled_pj / (2 * (end_ns - start_ns))


class Piecewise:
    """Straight lines between corners; two corners at one instant are a step.

    The first corner is at 0; after the last one its power stays.
    """

    def __init__(self, corners: Sequence[tuple[int, int]]) -> None:
        """`corners`: nanoseconds, in order, and milliwatts."""
        self._times = [at_ns for at_ns, _ in corners]
        self._powers = [power_mw for _, power_mw in corners]
        self._doubled = [0]
        for (start, p0), (end, p1) in pairwise(corners):
            self._doubled.append(self._doubled[-1] + (p0 + p1) * (end - start))

    def power_mw(self, at_ns: int) -> float:
        index, passed = self._locate(at_ns)
        if passed <= 0 or index + 1 == len(self._times):
            return float(self._powers[index])
        width = self._times[index + 1] - self._times[index]
        rise = self._powers[index + 1] - self._powers[index]
        return (self._powers[index] * width + rise * passed) / width

    def doubled_energy_pj(self, at_ns: int) -> int:
        index, passed = self._locate(at_ns)
        level = self._doubled[index] + 2 * self._powers[index] * passed
        if passed <= 0 or index + 1 == len(self._times):
            return level
        width = self._times[index + 1] - self._times[index]
        rise = self._powers[index + 1] - self._powers[index]
        return level + rise * passed * passed // width

    def _locate(self, at_ns: int) -> tuple[int, int]:
        """The last corner not after `at_ns`, for earlier times that of 0; the time since then."""
        index = bisect_right(self._times, max(at_ns, 0)) - 1
        return index, at_ns - self._times[index]


class Periodic:
    """The first `period_ns` of a curve, again and again."""

    def __init__(self, cycle: Curve, period_ns: int) -> None:
        self._cycle = cycle
        self._period_ns = period_ns
        self._doubled_per_cycle = cycle.doubled_energy_pj(period_ns)

    def power_mw(self, at_ns: int) -> float:
        return self._cycle.power_mw(at_ns % self._period_ns if at_ns >= 0 else at_ns)

    def doubled_energy_pj(self, at_ns: int) -> int:
        if at_ns < 0:
            return self._cycle.doubled_energy_pj(at_ns)
        cycles, rest_ns = divmod(at_ns, self._period_ns)
        return cycles * self._doubled_per_cycle + self._cycle.doubled_energy_pj(rest_ns)


class Consecutive:
    """Curves one after the other, each from its own beginning; the last one goes on."""

    def __init__(self, parts: Sequence[tuple[int, Curve]], last: Curve) -> None:
        """`parts`: nanoseconds that a curve lasts, and the curve."""
        self._curves = [curve for _, curve in parts] + [last]
        self._starts = [0]
        self._doubled = [0]
        for duration_ns, curve in parts:
            self._starts.append(self._starts[-1] + duration_ns)
            self._doubled.append(self._doubled[-1] + curve.doubled_energy_pj(duration_ns))

    def power_mw(self, at_ns: int) -> float:
        index = self._locate(at_ns)
        return self._curves[index].power_mw(at_ns - self._starts[index])

    def doubled_energy_pj(self, at_ns: int) -> int:
        index = self._locate(at_ns)
        part_pj = self._curves[index].doubled_energy_pj(at_ns - self._starts[index])
        return self._doubled[index] + part_pj

    def _locate(self, at_ns: int) -> int:
        return max(bisect_right(self._starts, at_ns) - 1, 0)
