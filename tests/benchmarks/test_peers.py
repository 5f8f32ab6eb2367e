"""The other tools of the accuracy benchmark: what the command reads, writes and says."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from llem_testing.simulated_gpu import (
    CONTINUOUS_COUNTER,
    INSTANT_ONLY,
    ConstantPower,
    Gpu,
    Scenario,
    Sensors,
)

FOLDER = Path(__file__).parents[2] / "benchmarks" / "accuracy"
START_NS = 7_000_000_000


def line(sensors: Sensors, seed: int) -> str:
    """A window of two seconds on boards of 100 and 200 W."""
    gpus = tuple(
        Gpu(
            uuid=f"GPU-{number}",
            pci_bus_id=f"00000000:0{number}:00.0",
            power=ConstantPower(power_w=100.0 * number),
            sensors=sensors,
        )
        for number in (1, 2)
    )
    scenario = Scenario(gpus=gpus, start_ns=START_NS)
    window = {
        "cell": ["a class", "constant", 2.0],
        "seed": seed,
        "scenario": scenario.model_dump(mode="json"),
        "devices": [gpu.uuid for gpu in gpus],
        "start_ns": START_NS + 3_050_000_000,
        "end_ns": START_NS + 5_050_000_000,
    }
    return json.dumps(window) + "\n"


def answers(folder: Path, peer: str, *lines: str) -> list[dict[str, Any]]:
    cases, told = folder / "cases.jsonl", folder / "answers.jsonl"
    cases.write_text("".join(lines))
    command = [sys.executable, str(FOLDER / "peers.py"), str(cases), str(told), "--peer", peer]
    subprocess.run(command, check=True)
    return [json.loads(answer) for answer in told.read_text().splitlines()]


class TestAnswers:
    @pytest.mark.parametrize("peer", ["counter difference", "polling 100 ms"])
    def test_are_the_joules_of_all_devices(self, tmp_path: Path, peer: str) -> None:
        (answer,) = answers(tmp_path, peer, line(CONTINUOUS_COUNTER, 4))
        assert answer["energy_j"] == pytest.approx(600.0)
        assert (answer["cell"], answer["seed"]) == (["a class", "constant", 2.0], 4)
        assert (answer["peer"], answer["error"], answer["late_s"]) == (peer, None, 0.0)

    def test_are_what_a_tool_raised_where_it_gave_none(self, tmp_path: Path) -> None:
        lines = line(INSTANT_ONLY, 0), line(CONTINUOUS_COUNTER, 1)
        without, with_counter = answers(tmp_path, "counter difference", *lines)
        assert without["energy_j"] is None
        assert "Not Supported" in without["error"]
        assert with_counter["energy_j"] == pytest.approx(600.0)


ENVIRONMENT = """
import sys
from pathlib import Path
from subprocess import CompletedProcess
from peer_environment import NoEnvironment, peer_python
folder, said = Path(sys.argv[1]), sys.argv[2]
def run(command):
    folder.mkdir(exist_ok=True)
    print(*command[1:3])
    return CompletedProcess(command, bool(said), "", said)
try:
    print(peer_python(folder, run))
    print(peer_python(folder, run))
except NoEnvironment as missing:
    print(missing)
"""


class TestEnvironment:
    def test_is_made_once(self, tmp_path: Path) -> None:
        python = str(tmp_path / "environment" / "bin" / "python")
        assert made(tmp_path, "") == ["-m venv", "-m pip", python, python]

    def test_that_cannot_be_made_says_why(self, tmp_path: Path) -> None:
        first, message = made(tmp_path, "ERROR: no such index\nfor help ask someone")
        assert first == "-m venv"
        assert "cannot be made (ERROR: no such index)" in message
        assert "run this once where one can be reached" in message


def made(folder: Path, said: str) -> list[str]:
    """What is printed when commands say this, and fail where it is something."""
    outcome = subprocess.run(
        [sys.executable, "-c", ENVIRONMENT, str(folder / "environment"), said],
        env=os.environ | {"PYTHONPATH": str(FOLDER)},
        check=True,
        capture_output=True,
        text=True,
    )
    return outcome.stdout.splitlines()
