"""SIGKILL, at any moment of a run: nothing measured is lost and the next run does not mind."""

import json
import random
import signal
import time
from pathlib import Path

import pytest
from llem_store import FolderStore, load_partial, load_result
from llem_testing.process import Command
from llem_testing.running import GUARD_S, Running
from llem_testing.simulated_gpu import CONTINUOUS_COUNTER, ConstantPower, Gpu, Scenario

from .echo import ECHO, METER, METERED, PHASES, run_on
from .side_plugin import install_backend
from .simulated_machine import simulated

PERIOD_S = 0.01
RUN = (
    *(*ECHO, *METERED, "--verbose"),
    *(f"--set=energy.sample_period_s={PERIOD_S}", "--set=min_window_s=0.1"),
    *("--set=baseline.duration_seconds=0.1", "--set=baseline.cache_ttl_seconds=0"),
)
"""A run whose every phase is short, so that a moment of a second may lie in any of them."""
MOMENTS = ("environment", "baseline", "load", "warm-up", "measure", "prefill", "assemble", "save")
"""Phases, from whose beginning on the last moment of a run is counted."""
LATEST_S = 0.15
ON_THE_BOARD = """
def create(settings):
    return ScriptedBackend(
        SystemClock(), logical_devices=("cuda:0",), uuids=("GPU-0",), step_s=0.02
    )
"""


def kill(running: Running) -> None:
    running.send(signal.SIGKILL)
    assert running.finish().killed_by == signal.SIGKILL


def kill_somewhere(llem: Command, moments: random.Random) -> None:
    """Begin a run and kill it at a moment that chance has chosen."""
    with llem.start(*RUN, env=METER) as running:
        running.wait_for(f"{moments.choice(MOMENTS)}: begins")
        time.sleep(moments.uniform(0.0, LATEST_S))
        running.send(signal.SIGKILL)
        # It may have been faster.
        assert running.finish().code in (0, -signal.SIGKILL)


def assert_readable(results: Path) -> None:
    """Every run that is there can be loaded, and each of its files is whole."""
    for entry in FolderStore().catalogue(results):
        assert entry.state != "broken", entry.reason
        assert entry.model == "acme:echo"
        if entry.state == "complete":
            run = load_result(entry.path)
            assert run.timeseries() is not None
            requests = run.requests()
            assert requests is not None
            assert requests.num_rows == run.result.requests
        else:
            left = load_partial(entry.path)
            assert left.config is not None
            for table in (left.timeseries(), left.requests()):
                assert table is None or table.num_rows > 0
        for document in entry.path.glob("*.json"):
            json.loads(document.read_bytes())


class TestAnyMoment:
    @pytest.mark.parametrize(
        ("runs", "seed"),
        [(10, 1), pytest.param(50, 2, marks=pytest.mark.slow)],
        ids=["few", "many"],
    )
    def test_leaves_nothing_unreadable_and_the_next_run_as_it_would_be(
        self, llem: Command, runs: int, seed: int
    ) -> None:
        results = llem.folder / "results"
        moments = random.Random(seed)
        for _ in range(runs):
            kill_somewhere(llem, moments)
            assert_readable(results)
        unfinished = [e for e in FolderStore().catalogue(results) if e.state == "unfinished"]
        done = llem(*RUN, "--json", env=METER)
        assert done.code == 0, done.stderr
        assert done.stderr.count("A run died") == len(unfinished) <= 1
        assert_readable(results)
        entries = FolderStore().catalogue(results)
        assert {entry.state for entry in entries} <= {"complete", "partial"}
        assert sum(entry.experiment_id == done.result().experiment_id for entry in entries) == 1
        left = {file.name for folder in llem.run_folders() for file in folder.iterdir()}
        assert "state.json" not in left
        assert not any(name.endswith(".tmp") for name in left)


class TestKilledInTheWindow:
    def test_has_its_series_and_passes_up_to_the_last_seconds(self, llem: Command) -> None:
        with llem.start(*ECHO, *METERED, *PHASES["measure"], "--verbose", env=METER) as running:
            running.wait_for("measure: begins")
            (folder,) = llem.run_folders()
            latest_ns, passes = self.with_a_piece_of_the_window(folder)
            listed = llem("show").stdout
            (row,) = [line for line in listed.splitlines() if line.startswith(folder.name)]
            assert row.split()[1:3] == ["unfinished", "acme:echo"]
            assert "the run is still measuring, in the phase measure, as process" in listed
            kill(running)
        assert self.so_far(folder) >= (latest_ns, passes)
        (entry,) = FolderStore().catalogue(folder.parent)
        assert (entry.state, entry.model) == ("unfinished", "acme:echo")
        shown = llem("show", str(folder))
        assert shown.code == 0, shown.stderr
        assert "its process ended without a word while it was measuring" in shown.stdout
        assert "acme:echo" in shown.stdout

        done = llem(*RUN, env=METER)
        assert done.code == 0, done.stderr
        assert f"what it measured until then is in {folder}" in done.stderr
        left = load_partial(folder)
        assert (left.state, left.phase) == ("failed", "measure")
        assert self.so_far(folder) >= (latest_ns, passes)

    @pytest.mark.slow
    def test_has_them_where_another_process_samples(self, llem: Command) -> None:
        board = Gpu(uuid="GPU-0", power=ConstantPower(power_w=300.0), sensors=CONTINUOUS_COUNTER)
        scenario = Scenario(gpus=(board,), start_ns=time.monotonic_ns())
        env = simulated(scenario, llem.folder) | install_backend(
            llem.folder.parent / "plugins", "paced", ON_THE_BOARD
        )
        run = (*run_on("paced"), *PHASES["measure"], "--verbose")
        with llem.start(*run, env={"OMP_NUM_THREADS": "1", **env}) as running:
            running.wait_for("measure: begins")
            (folder,) = llem.run_folders()
            latest_ns, passes = self.with_a_piece_of_the_window(folder)
            kill(running)
        assert self.so_far(folder) >= (latest_ns, passes)
        series = load_partial(folder).timeseries()
        assert series is not None
        rows = [row for row in series.to_pylist() if row["device"] == "GPU-0"]
        times_ns = [row["monotonic_ns"] for row in rows]
        assert times_ns == sorted(set(times_ns))
        assert rows[-1]["power_w"] == pytest.approx(300.0, rel=0.05)

    def with_a_piece_of_the_window(self, folder: Path) -> tuple[int, int]:
        """`so_far`, once samples and passes of the window are on disk."""
        began_ns = time.monotonic_ns()
        latest_ns, passes = 0, 0
        while latest_ns < began_ns or passes < 2:
            assert time.monotonic_ns() - began_ns < GUARD_S * 1e9
            time.sleep(0.02)
            latest_ns, passes = self.so_far(folder)
        return latest_ns, passes

    def so_far(self, folder: Path) -> tuple[int, int]:
        """Time of the last sample on disk, and the number of finished passes there."""
        left = load_partial(folder)
        series, requests = left.timeseries(), left.requests()
        latest_ns = (
            max((row["monotonic_ns"] for row in series.to_pylist()), default=0) if series else 0
        )
        passes = {row["pass"] for row in requests.to_pylist()} if requests else set()
        return latest_ns, len(passes)


class TestRunsSideBySide:
    def test_do_not_take_one_another_for_dead(self, llem: Command) -> None:
        with llem.start(*ECHO, *METERED, *PHASES["measure"], "--verbose", env=METER) as running:
            running.wait_for("measure: begins")
            (folder,) = llem.run_folders()
            beside = llem(*RUN, env=METER)
            assert beside.code == 0, beside.stderr
            assert "A run died" not in beside.stderr
            assert load_partial(folder).state == "measuring"
            running.send(signal.SIGTERM)
            assert running.finish().code == 143
        assert load_partial(folder).reason == "terminated"
