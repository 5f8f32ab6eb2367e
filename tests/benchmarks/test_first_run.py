"""The benchmark of the first run reads what the command writes."""

import importlib.util
from pathlib import Path

from llem_testing.process import SHORT_RUN

FILE = Path(__file__).parents[2] / "benchmarks" / "first_run" / "run.py"
SPEC = importlib.util.spec_from_file_location("first_run", FILE)
assert SPEC is not None
assert SPEC.loader is not None
first_run = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(first_run)

MODEL = ("--model", "builtin:tiny", "-n", "16")
ECHO = ("--model", "acme:echo", "-b", "acme-echo", "--precision", "fp32", "-n", "1")


def test_its_phases_are_in_the_log(tmp_path: Path) -> None:
    at = first_run.FIRST_RUN.index(MODEL[0])
    assert first_run.FIRST_RUN[at : at + len(MODEL)] == MODEL
    command = (*first_run.FIRST_RUN[:at], *ECHO, *first_run.FIRST_RUN[at + len(MODEL) :])
    _, _, stderr = first_run.timed((*command, *SHORT_RUN, "--set=warmup.n_warmup=1"), str(tmp_path))
    assert {"warm-up", "measure"} <= first_run.phases(stderr).keys()
