"""What people write themselves: the counter at both ends, and the power every 100 ms."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from peer_stage import Stage

POLL_NS = 100_000_000


class CounterDifference:
    """Energy counter at the end minus energy counter at the start."""

    version = None

    def energy_j(self, stage: Stage) -> float:
        boards = handles(stage)
        stage.wait_until(stage.start_ns)
        before_mj = sum(map(stage.nvml.nvmlDeviceGetTotalEnergyConsumption, boards))
        stage.wait_until(stage.end_ns)
        after_mj = sum(map(stage.nvml.nvmlDeviceGetTotalEnergyConsumption, boards))
        return float(after_mj - before_mj) / 1e3


class Polling:
    """Trapezoids between power readings at the start, every 100 ms after it, and at the end."""

    version = None

    def energy_j(self, stage: Stage) -> float:
        boards = handles(stage)
        readings: list[tuple[int, float]] = []
        for at_ns in (*range(stage.start_ns, stage.end_ns, POLL_NS), stage.end_ns):
            stage.wait_until(at_ns)
            power_w = sum(map(stage.nvml.nvmlDeviceGetPowerUsage, boards)) / 1e3
            readings.append((stage.now_ns, power_w))
        return integral_j(readings)


def handles(stage: Stage) -> list[Any]:
    return [stage.nvml.nvmlDeviceGetHandleByUUID(uuid) for uuid in stage.devices]


def integral_j(readings: Sequence[tuple[int, float]]) -> float:
    return sum(
        (later_ns - earlier_ns) / 1e9 * (earlier_w + later_w) / 2
        for (earlier_ns, earlier_w), (later_ns, later_w) in pairwise(readings)
    )
