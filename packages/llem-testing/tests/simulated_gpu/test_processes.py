"""Several processes see one machine."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import SystemClock
from llem_testing.simulated_gpu import (
    NOISY,
    Gpu,
    Scenario,
    SimulatedNvml,
    SquareWave,
    write_scenario,
)

MS = 1_000_000

GIVEN_INSTANTS = """
import json, sys
from llem_testing.simulated_gpu import SimulatedNvml
from llem_testing.simulated_gpu.scenario_file import scenario_from_environment
instants = json.loads(sys.argv[1])
now = instants[0]
nvml = SimulatedNvml(scenario_from_environment, lambda: now)
nvml.nvmlInit()
board = nvml.nvmlDeviceGetHandleByIndex(0)
seen = []
for now in instants:
    power, energy = nvml.nvmlDeviceGetFieldValues(board, [186, 83])
    seen.append([power.value.uiVal, energy.value.ullVal, energy.timestamp])
print(json.dumps(seen))
"""

REAL_TIME = """
import json, time
from llem_testing.simulated_gpu.binding import BINDING as nvml
nvml.nvmlInit()
board = nvml.nvmlDeviceGetHandleByIndex(0)
seen = []
for _ in range(40):
    before = time.monotonic_ns()
    energy_mj = nvml.nvmlDeviceGetTotalEnergyConsumption(board)
    seen.append([before, energy_mj, time.monotonic_ns()])
    time.sleep(0.007)
print(json.dumps(seen))
"""


@pytest.fixture
def scenario(tmp_path: Path, gpu: Callable[..., Gpu]) -> Scenario:
    board = gpu(power=SquareWave(low_w=90.0, high_w=410.0, period_s=0.37), sensors=NOISY)
    scenario = Scenario(gpus=(board,), seed=5).starting(SystemClock())
    write_scenario(scenario, tmp_path / "scenario.json")
    return scenario


def in_two_processes(tmp_path: Path, code: str, *args: str) -> list[Any]:
    """What two processes print that run at once, with different hash seeds."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, *args],
            env={"LLEM_SIMULATED_GPU": str(tmp_path / "scenario.json"), "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    return [json.loads(process.communicate(timeout=60)[0]) for process in running]


class TestTwoProcesses:
    def test_they_read_the_same_at_the_same_time(self, tmp_path: Path, scenario: Scenario) -> None:
        instants = [scenario.start_ns + number * 71_234_567 for number in range(60)]
        first, second = in_two_processes(tmp_path, GIVEN_INSTANTS, json.dumps(instants))
        assert first == second
        assert len({power_mw for power_mw, _, _ in first}) > 20

    def test_in_real_time_they_read_what_the_scenario_says(
        self, tmp_path: Path, scenario: Scenario
    ) -> None:
        now = [scenario.start_ns]
        nvml = SimulatedNvml(scenario, lambda: now[0])
        nvml.nvmlInit()
        board = nvml.nvmlDeviceGetHandleByIndex(0)

        def shown_between(start_ns: int, end_ns: int) -> set[int]:
            """The counter updates every 100 ms from the start on."""
            first_tick = (start_ns - scenario.start_ns) // (100 * MS)
            last_tick = (end_ns - scenario.start_ns) // (100 * MS)
            shown = set()
            for tick in range(first_tick, last_tick + 1):
                now[0] = scenario.start_ns + tick * 100 * MS
                shown.add(nvml.nvmlDeviceGetTotalEnergyConsumption(board))
            return shown

        for seen in in_two_processes(tmp_path, REAL_TIME):
            for before_ns, energy_mj, after_ns in seen:
                assert energy_mj in shown_between(before_ns, after_ns)

    def test_real_time_is_the_monotonic_clock_of_the_machine(self, gpu: Callable[..., Gpu]) -> None:
        nvml = SimulatedNvml(Scenario(gpus=(gpu(),), wall_start_ns=0))
        nvml.nvmlInit()
        board = nvml.nvmlDeviceGetHandleByIndex(0)
        before_us = time.monotonic_ns() // 1000
        (value,) = nvml.nvmlDeviceGetFieldValues(board, [190])
        assert before_us <= value.timestamp <= time.monotonic_ns() // 1000
