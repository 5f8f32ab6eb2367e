"""The windows of the benchmark: a class of sensors, a workload, a length, and chance.

A case is what a scenario and a window follow from, to the last digit, on every machine.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from random import Random

from llem_testing.simulated_gpu import (
    SENSOR_CLASSES,
    Gpu,
    Scenario,
    Sensors,
    Truth,
)
from workloads import WORKLOADS

START_NS = 7_000_000_000
"""`time.monotonic_ns` of a scenario's second 0."""
BEFORE_S = 2.6
"""Idle time before the window, give or take a tenth."""

CLASSES = (*SENSOR_CLASSES, "two_out_of_step", "irregular")
"""Classes of sensors; the last two are two boards with continuous counters of unlike beats, and one
whose continuous counter and power come late, off the beat and with noise."""
LENGTHS_S = (0.3, 1.0, 5.0)
GAIN_ONE = frozenset(CLASSES) - {"noisy"}
"""Classes whose sensors have gain 1 and offset 0."""
CONTINUOUS = frozenset({"volta", "continuous_counter", "consumer", "two_out_of_step"})
"""Classes with a counter that misses nothing."""


def _irregular(sensors: Sensors) -> Sensors:
    """The same sensors 20 ms late, up to 2.5 ms off their beat, with 2 W of noise."""
    changes = {"delay_s": 0.02, "jitter_s": 0.005, "noise_w": 2.0}
    return sensors.model_copy(
        update={
            name: sensor.model_copy(update=changes)
            for name, sensor in dict(sensors).items()
            if sensor is not None
        }
    )


_SENSORS = {**SENSOR_CLASSES, "irregular": _irregular(SENSOR_CLASSES["continuous_counter"])}
_CAPABILITY = {
    "volta": (7, 0),
    "average_only": (8, 6),
    "consumer": (8, 9),
    "instant_only": (7, 5),
}
"""Parts that have such sensors; the others are a 9.0."""


@dataclass(frozen=True)
class Case:
    """One window."""

    sensors: str
    workload: str
    length_s: float
    seed: int

    @property
    def cell(self) -> tuple[str, str, float]:
        return (self.sensors, self.workload, self.length_s)

    @property
    def key(self) -> str:
        return json.dumps(asdict(self))

    def scenario(self) -> Scenario:
        chance = self._chance()
        before_s = self._before_s(chance)
        power = WORKLOADS[self.workload](before_s, self.length_s, chance)
        kinds = ["continuous_counter"] * 2 if self.sensors == "two_out_of_step" else [self.sensors]
        gpus = tuple(
            Gpu(
                uuid=f"GPU-{index}",
                pci_bus_id=f"00000000:0{index + 1}:00.0",
                compute_capability=_CAPABILITY.get(kind, (9, 0)),
                power=power,
                sensors=_out_of_step(_SENSORS[kind], chance, 1 + 0.013 * index),
            )
            for index, kind in enumerate(kinds)
        )
        return Scenario(gpus=gpus, seed=zlib.crc32(self.key.encode()), start_ns=START_NS)

    def window_ns(self) -> tuple[int, int]:
        """Start and end on the clock of the scenario."""
        start_ns = START_NS + round(self._before_s(self._chance()) * 1e9)
        return start_ns, start_ns + round(self.length_s * 1e9)

    def true_j(self, scenario: Scenario, start_ns: int, end_ns: int) -> float:
        truth = Truth(scenario)
        return sum(truth.energy_j(gpu.uuid, start_ns, end_ns) for gpu in scenario.gpus)

    def sensed_j(self, true_j: float) -> float:
        """What an ideal reading of the sensors would be: the truth with their gain and offset."""
        energy = _SENSORS[self.sensors].energy if self.sensors in _SENSORS else None
        if energy is None:
            return true_j
        return energy.gain * true_j + energy.offset_w * self.length_s

    def _chance(self) -> Random:
        return Random(self.key)

    @staticmethod
    def _before_s(chance: Random) -> float:
        return BEFORE_S + chance.uniform(-0.1, 0.1)


def all_cases(seeds: int) -> Iterator[Case]:
    """`seeds` windows of every cell."""
    for sensors in CLASSES:
        for workload in WORKLOADS:
            for length_s in LENGTHS_S:
                for seed in range(seeds):
                    yield Case(sensors, workload, length_s, seed)


def _out_of_step(sensors: Sensors, chance: Random, stretched: float) -> Sensors:
    """The same sensors with their updates anywhere in time, all of one board on one beat."""
    where = 0.999 * chance.random()
    moved = {}
    for name in type(sensors).model_fields:
        sensor = getattr(sensors, name)
        if sensor is None:
            continue
        period_s = sensor.update_period_s * stretched
        moved[name] = sensor.model_copy(
            update={"update_period_s": period_s, "phase_s": where * period_s}
        )
    return sensors.model_copy(update=moved)
