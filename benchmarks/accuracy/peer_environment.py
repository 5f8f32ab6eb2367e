"""The Python that runs Zeus and CodeCarbon: an environment of their own, made when it is needed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".hatch" / "benchmarks"
PINS = ROOT / "constraints" / "meters.txt"
DISTRIBUTIONS = ("codecarbon", "nvidia-ml-py", "pydantic", "zeus")
SOURCES = ("llem-contracts", "llem-schema", "llem-testing")
"""Packages of the workspace that a peer needs: as they lie here, without being installed."""
_SETTINGS = ("CODECARBON_", "CUDA_", "ZEUSD_")
"""Variables that change what the peers measure begin so."""


class NoEnvironment(Exception):
    """It is not there and cannot be made."""


Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


def _run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, check=False, capture_output=True, text=True)


def peer_python(folder: Path = FOLDER, run: Run = _run) -> Path:
    """The interpreter, with everything at the versions of constraints/meters.txt.

    `run` runs the commands that make the environment, where it is not as it should be already.

    Raises `NoEnvironment` where packages are wanting and no index can be reached.
    """
    python, made_of = folder / "bin" / "python", folder / "made_of.txt"
    wanted = "\n".join([*DISTRIBUTIONS, PINS.read_text(encoding="utf-8")])
    if made_of.exists() and made_of.read_text(encoding="utf-8") == wanted:
        return python
    print(f"making {folder} for the peers", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "-q", "-c", str(PINS), *DISTRIBUTIONS],
    ):
        done = run(command)
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()
            why = next((line for line in said if line.startswith("ERROR")), said[-1])
            raise NoEnvironment(
                f"{folder} cannot be made ({why}). Zeus and CodeCarbon come from a package index; "
                "run this once where one can be reached."
            )
    made_of.write_text(wanted, encoding="utf-8")
    return python


def peer_environ() -> dict[str, str]:
    """The environment variables under which that interpreter finds this workspace."""
    paths = [str(ROOT / "packages" / name / "src") for name in SOURCES]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    return kept | {"PYTHONPATH": os.pathsep.join(paths)}
