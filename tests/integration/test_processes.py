"""A run whose model is computed by two processes of its own."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from llem_schema import unexplained
from llem_store import load_result
from llem_testing.process import SHORT_RUN, Command
from llem_testing.running import Running

BUSY_S = 180.0
"""Guard for what loads an engine three times."""
PAIR = (
    *("run", "-m", "builtin:tiny", "--precision", "fp32", "-n", "6", *SHORT_RUN),
    *("--set=pytorch.num_processes=2", "--set=pytorch.batch_size=2", "--set=pytorch.device=cpu"),
)
LONG = "--set=min_window_s=60"


def replicas(running: Running) -> list[int]:
    """Process ids of the replicas, in the order of their start."""
    members = running.family.members().items()
    return sorted(pid for pid, line in members if "llem_backend_pytorch.replica" in line)


@contextmanager
def measuring(llem: Command) -> Iterator[Running]:
    """A run that has begun to measure and goes on for a minute."""
    with llem.start(*PAIR, LONG, "--verbose") as running:
        running.wait_for("measure: begins", within_s=BUSY_S)
        assert len(replicas(running)) == 2
        yield running


class TestRun:
    def test_measures_every_process_and_answers_each_request_once(self, llem: Command) -> None:
        done = llem(*PAIR, within_s=BUSY_S)
        assert done.code == 0, done.stderr
        (folder,) = llem.run_folders()
        stored = load_result(folder)
        result, table = stored.result, stored.requests()
        assert unexplained(result) == ()
        assert table is not None
        rows = table.to_pylist()
        answered = [(row["pass"], row["request"]) for row in rows]
        assert answered == [(p, r) for p in range(result.passes) for r in range(6)]
        assert {(row["batch"], row["process"]) for row in rows} == {(0, 0), (1, 1), (2, 0)}
        assert all(
            result.window.start_ns <= row["start_ns"] < row["end_ns"] <= result.window.end_ns
            for row in rows
        )
        assert result.latency.e2e.samples == len(rows) == result.requests
        assert result.warmup_excluded_samples == 4
        assert result.effective_config["num_processes"] == 2
        assert result.backend.environment["processes"] == 2


@pytest.mark.slow
class TestEnd:
    """Nobody is left behind: the command's fixture looks for children at the end of each test."""

    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"]
    )
    def test_a_signal_ends_the_processes_too(
        self, llem: Command, number: signal.Signals, code: int
    ) -> None:
        with measuring(llem) as running:
            running.send(number)
            done = running.finish()
            assert done.code == code, done.stderr
        assert "Traceback" not in done.stderr

    def test_a_signal_ends_processes_that_load(self, llem: Command) -> None:
        with llem.start(*PAIR, "--verbose") as running:
            running.wait_for("load: begins", within_s=BUSY_S)
            deadline_s = time.monotonic() + BUSY_S
            while not replicas(running):
                assert time.monotonic() < deadline_s
                time.sleep(0.01)
            running.send(signal.SIGINT)
            assert running.finish().code == 130

    def test_a_run_that_is_killed_leaves_none_behind(self, llem: Command) -> None:
        with measuring(llem) as running:
            running.send(signal.SIGKILL)
            assert running.finish().killed_by == signal.SIGKILL
            running.family.assert_gone(BUSY_S)

    def test_a_process_that_is_killed_ends_the_run_with_one_error(self, llem: Command) -> None:
        with measuring(llem) as running:
            os.kill(replicas(running)[1], signal.SIGKILL)
            done = running.finish()
        assert done.code == 1
        assert "process 1 on cpu was killed by SIGKILL, " in done.stderr
        assert not [folder for folder in llem.run_folders() if (folder / "result.json").exists()]
