"""Joules between two instants, as a series of powers tells them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import pairwise

from llem_contracts import Sample

_LEAST_SAMPLES = 5


class PowerSeries:
    """The powers of every device in a series, by time."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        """`samples` in order of time."""
        self._times_ns: dict[str, list[int]] = {}
        self._powers_w: dict[str, list[float]] = {}
        for sample in samples:
            times = self._times_ns.setdefault(sample.device, [])
            powers = self._powers_w.setdefault(sample.device, [])
            if sample.power_w is not None:
                times.append(sample.monotonic_ns)
                powers.append(sample.power_w)

    def energy_between_j(self, start_ns: int, end_ns: int) -> float | None:
        """Sum over all devices of the integral of the power, with straight lines between samples.

        Before a device's first sample and after its last the power is that of the nearest. None
        where a device has fewer than five samples within, or where there is no device.
        """
        energies = [self._energy_of_j(device, start_ns, end_ns) for device in self._times_ns]
        told = [energy for energy in energies if energy is not None]
        return sum(told) if told and len(told) == len(energies) else None

    def _energy_of_j(self, device: str, start_ns: int, end_ns: int) -> float | None:
        times, powers = self._times_ns[device], self._powers_w[device]
        first, behind = bisect_right(times, start_ns), bisect_left(times, end_ns)
        if behind - first < _LEAST_SAMPLES:
            return None
        points = (
            (start_ns, self._power_at_w(device, start_ns)),
            *zip(times[first:behind], powers[first:behind], strict=True),
            (end_ns, self._power_at_w(device, end_ns)),
        )
        return sum(
            (later - sooner) / 1e9 * (first_w + second_w) / 2
            for (sooner, first_w), (later, second_w) in pairwise(points)
        )

    def _power_at_w(self, device: str, at_ns: int) -> float:
        times, powers = self._times_ns[device], self._powers_w[device]
        after = bisect_left(times, at_ns)
        if after in (0, len(times)):
            return powers[min(after, len(times) - 1)]
        sooner, later = times[after - 1], times[after]
        weight = (at_ns - sooner) / (later - sooner)
        return powers[after - 1] + (powers[after] - powers[after - 1]) * weight
