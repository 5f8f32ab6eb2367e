"""A window's reading over all devices of a meter."""

from collections.abc import Iterable, Sequence

from llem_schema import EnergyReading

from llem_energy.budget import GAIN, expanded_j
from llem_energy.device_window import DeviceWindow


def total_reading(
    name: str,
    start_ns: int,
    end_ns: int,
    windows: Sequence[DeviceWindow],
    peak_power_w: float | None,
) -> EnergyReading:
    """The sum over devices; empty where any device is missing, with that device's reason.

    `peak_power_w`: of all devices together.
    """
    readings = [window.reading for window in windows]
    energies = [reading.energy_j for reading in readings if reading.energy_j is not None]
    whole = len(energies) == len(readings)
    energy_j = sum(energies) if whole else None
    duration_s = (end_ns - start_ns) / 1e9
    terms = [reading.terms for reading in readings]
    missing = next((window for window in windows if window.code is not None), None)
    return EnergyReading(
        name=name,
        start_ns=start_ns,
        end_ns=end_ns,
        duration_s=duration_s,
        energy_j=energy_j,
        uncertainty_j=expanded_j(terms) if whole else None,
        comparison_uncertainty_j=expanded_j(terms, without=GAIN) if whole else None,
        upper_bound_j=None if whole else _bound_j(windows),
        mean_power_w=energy_j / duration_s if energy_j is not None and duration_s > 0 else None,
        peak_power_w=peak_power_w,
        method=_joined(reading.method for reading in readings),
        scope=_joined(reading.scope for reading in readings),
        flags=tuple(dict.fromkeys(flag for reading in readings for flag in reading.flags)),
        code=missing.code if missing else None,
        reason=f"{missing.reading.uuid}: {missing.reading.reason}" if missing else None,
        devices=tuple(readings),
    )


def _bound_j(windows: Sequence[DeviceWindow]) -> float | None:
    """Only where the windows are too short; a failed sensor bounds nothing."""
    total_j = 0.0
    for window in windows:
        bound_j = window.upper_bound_j
        if bound_j is None:
            bound_j = window.reading.energy_j
        if bound_j is None:
            return None
        total_j += bound_j
    return total_j


def _joined(words: Iterable[str]) -> str:
    """Each word once, in order: usually a single one."""
    return "+".join(dict.fromkeys(words))
