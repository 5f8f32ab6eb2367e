"""What a person reads of a measured command; an estimate is called one."""

import re
from typing import Any

import llem
from llem_cli.measured import measured_lines
from llem_schema import ENERGY_ESTIMATED, DeviceReading, EnergyReading


def device(uuid: str, energy_j: float | None = 200.0, **changes: Any) -> DeviceReading:
    fields: dict[str, Any] = {
        "uuid": uuid,
        "energy_j": energy_j,
        "method": "counter_edges",
        "scope": "gpu",
        "mean_power_w": None if energy_j is None else energy_j / 2,
        "peak_power_w": None if energy_j is None else energy_j,
    }
    return DeviceReading(**(fields | changes))


def shown(*devices: DeviceReading, **changes: Any) -> list[str]:
    fields: dict[str, Any] = {
        "name": "python train.py",
        "start_ns": 0,
        "end_ns": 2_000_000_000,
        "duration_s": 2.0,
        "energy_j": 200.0,
        "uncertainty_j": 11.5,
        "comparison_uncertainty_j": 0.5,
        "mean_power_w": 100.0,
        "peak_power_w": 200.0,
        "method": "counter_edges",
        "scope": "gpu",
        "devices": devices or (device("GPU-0"),),
    }
    reading = EnergyReading(**(fields | changes))
    return list(measured_lines(llem.CommandReading(reading, 3)))


NOTHING = {
    "energy_j": None,
    "uncertainty_j": None,
    "comparison_uncertainty_j": None,
    "mean_power_w": None,
    "peak_power_w": None,
}


class TestMeasured:
    def test_says_energy_uncertainty_power_and_devices(self) -> None:
        assert shown() == [
            "python train.py: 2.000 s, exit code 3",
            "Energy        200.0 J ± 11.5 J (k=2), counter_edges, gpu",
            "              ± 0.5 J (k=2) against other windows on the same devices",
            "Power         100.0 W mean, 200.0 W peak",
            "Devices       GPU-0: 200.0 J, 100.0 W mean, 200.0 W peak, counter_edges",
        ]

    def test_names_a_long_command_by_its_beginning(self) -> None:
        first = shown(name="python -c '\nimport this\n' " + "x " * 100)[0]
        assert re.fullmatch(r"python -c ' import this ' [x ]+ \.\.\.: 2\.000 s, exit code 3", first)

    def test_says_of_each_device_what_it_gave_or_why_not(self) -> None:
        lost = device("GPU-1", None, reason="the GPU stopped to answer")
        lines = shown(device("GPU-0"), lost, device("GPU-2", 4.0), reason="another reason")
        assert lines[-3:] == [
            "Devices       GPU-0: 200.0 J, 100.0 W mean, 200.0 W peak, counter_edges",
            "              GPU-1: not measured: the GPU stopped to answer",
            "              GPU-2: 4 J, 2.0 W mean, 4.0 W peak, counter_edges",
        ]

    def test_calls_an_estimate_an_estimate_on_the_same_line(self) -> None:
        lines = shown(flags=(ENERGY_ESTIMATED,), method="estimate", scope="host")
        assert lines[1] == (
            "Energy        an estimate, not a measurement: 200.0 J ± 11.5 J (k=2), estimate, host"
        )

    def test_tells_the_flags(self) -> None:
        assert shown(flags=("mig_parent", "simulated_device"))[-1] == (
            "To know       mig_parent, simulated_device"
        )


class TestNotMeasured:
    def test_says_why_once_and_where_to_look(self) -> None:
        why = "no sensor can be read: none is there"
        host = device("host", None, reason=why)
        assert shown(host, **NOTHING, code="no_sensor", reason=why) == [
            "python train.py: 2.000 s, exit code 3",
            f"Energy        not measured: {why}",
            "              `llem config` lists the meters, and why one cannot be used",
        ]

    def test_tells_what_it_cannot_have_exceeded(self) -> None:
        why = "a window of 0.010 s is too short for this sensor"
        short = device("GPU-0", None, reason=why)
        lines = shown(
            short,
            **NOTHING,
            code="unresolved_window",
            reason=f"GPU-0: {why}",
            upper_bound_j=12.0,
        )
        assert lines[1:] == [
            f"Energy        not measured: GPU-0: {why}",
            "              at most 12 J",
        ]
