"""What `llem measure` says of a command, as text."""

from collections.abc import Iterator
from textwrap import shorten

import llem
from llem_schema import ENERGY_ESTIMATED, DeviceReading, EnergyReading

from llem_cli.layout import joules, row

_NAME_COLUMNS = 80


def measured_lines(measured: llem.CommandReading) -> Iterator[str]:
    """Time, exit code, energy with its uncertainty, power, and each device."""
    reading = measured.reading
    name = shorten(reading.name, _NAME_COLUMNS, placeholder=" ...")
    yield f"{name}: {reading.duration_s:.3f} s, exit code {measured.exit_code}"
    yield from _energy(reading)
    powers = _powers(reading)
    if powers:
        yield row("Power", powers)
    told = reading.reason or ""
    devices = [d for d in reading.devices if d.energy_j is not None or (d.reason or "") not in told]
    for label, device in zip(["Devices", *[""] * len(devices)], devices, strict=False):
        yield row(label, _device(device))
    if reading.flags:
        yield row("To know", ", ".join(reading.flags))


def _energy(reading: EnergyReading) -> Iterator[str]:
    if reading.energy_j is None:
        yield row("Energy", f"not measured: {reading.reason}")
        if reading.upper_bound_j is not None:
            yield row("", f"at most {joules(reading.upper_bound_j)}")
        if reading.code == "no_sensor":
            yield row("", "`llem config` lists the meters, and why one cannot be used")
        return
    what = "an estimate, not a measurement: " if ENERGY_ESTIMATED in reading.flags else ""
    known = f"{what}{joules(reading.energy_j)}{_spread(reading.uncertainty_j)}"
    yield row("Energy", f"{known}, {reading.method}, {reading.scope}")
    if reading.comparison_uncertainty_j is not None:
        apart = _spread(reading.comparison_uncertainty_j).strip()
        yield row("", f"{apart} against other windows on the same devices")


def _device(device: DeviceReading) -> str:
    if device.energy_j is None:
        return f"{device.uuid}: not measured: {device.reason}"
    return f"{device.uuid}: {joules(device.energy_j)}, {_powers(device)}, {device.method}"


def _powers(reading: EnergyReading | DeviceReading) -> str:
    powers = ((reading.mean_power_w, "mean"), (reading.peak_power_w, "peak"))
    return ", ".join(f"{power_w:,.1f} W {word}" for power_w, word in powers if power_w is not None)


def _spread(uncertainty_j: float | None) -> str:
    return "" if uncertainty_j is None else f" ± {joules(uncertainty_j)} (k=2)"
