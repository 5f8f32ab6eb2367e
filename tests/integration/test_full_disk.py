"""Nothing measured is lost: a disk that fills up or is read-only, a folder that vanishes."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from llem_store import load_partial, load_result
from llem_store.stream import read_batches
from llem_testing.process import Command
from llem_testing.running import Finished
from llem_testing.small_disk import SmallDisk, small_disk

from .echo import ECHO, METER, METERED, run_on
from .side_plugin import install_backend

SIZE_BYTES = 80 << 20
"""More than pre-flight asks for."""
RUN = (*ECHO, "--set=baseline.duration_seconds=1.0", "--set=min_window_s=1.0")
"""Phases long enough to do something to the disk meanwhile."""

LOADS_SLOWLY = """
def create(settings):
    return ScriptedBackend(SystemClock(), load_s=1.0)
"""


@pytest.fixture
def disk(llem: Command) -> Iterator[SmallDisk]:
    with small_disk(llem.folder.parent / "disk", SIZE_BYTES) as disk:
        yield disk


def rescued(llem: Command, done: Finished, why: str) -> Path:
    """The fallback folder of a run that could not be saved; the message names it."""
    assert done.code == 1, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("llem: ")]
    (folder,) = (Path(llem.environ["TMPDIR"]) / "llem-unsaved").iterdir()
    assert why in sentence
    assert str(folder) in sentence
    return folder


def assert_whole(folder: Path) -> None:
    """The result is there, with every sample from the baseline to the end of the window."""
    run = load_result(folder)
    series, requests = run.timeseries(), run.requests()
    assert requests is not None
    assert requests.num_rows == run.result.requests
    assert series is not None
    times_ns = [row["monotonic_ns"] for row in series.to_pylist()]
    window = run.result.window
    inside = [at_ns for at_ns in times_ns if window.start_ns <= at_ns <= window.end_ns]
    assert len(inside) == run.result.meter.samples
    assert window.start_ns - times_ns[0] > 1e9


class TestFullDisk:
    @pytest.mark.parametrize(
        "filled_after", ["environment:", pytest.param("heat:", marks=pytest.mark.slow)]
    )
    def test_while_the_series_grows(
        self, llem: Command, disk: SmallDisk, filled_after: str
    ) -> None:
        run = (*RUN, *METERED, "-o", str(disk.path / "results"))
        with llem.start(*run, env=METER) as running:
            running.wait_for(filled_after)
            disk.fill()
            done = running.finish()
        assert_whole(rescued(llem, done, "the disk is full"))

    def test_while_the_result_is_saved(self, llem: Command, disk: SmallDisk) -> None:
        with llem.start(*RUN, "-o", str(disk.path / "results")) as running:
            running.wait_for("heat:")
            disk.fill()
            done = running.finish()
        folder = rescued(llem, done, "the disk is full")
        assert load_result(folder).result.timeseries is None

    def test_that_takes_the_fallback_folder_too(self, llem: Command, disk: SmallDisk) -> None:
        run = (*RUN, *METERED, "-o", str(disk.path / "results"))
        with llem.start(*run, env={**METER, "TMPDIR": str(disk.path)}) as running:
            running.wait_for("heat:")
            disk.fill()
            done = running.finish()
        assert done.code == 1
        assert "could be saved neither where it was meant to go" in done.stderr
        assert "Traceback" not in done.stderr
        assert done.result().energy_total_j is not None

    def test_before_the_run_is_a_preflight_problem(self, llem: Command, disk: SmallDisk) -> None:
        disk.fill()
        done = llem(*ECHO, "-o", str(disk.path / "results"))
        assert done.code == 1
        assert "the disk of" in done.stderr
        assert "0 MiB left" in done.stderr

    def test_what_was_appended_before_stays_where_it_is(
        self, llem: Command, disk: SmallDisk
    ) -> None:
        run = (*RUN, *METERED, "-o", str(disk.path / "results"))
        with llem.start(*run, env=METER) as running:
            running.wait_for("load:")
            disk.fill()
            running.finish()
        (folder,) = (disk.path / "results").iterdir()
        assert next(read_batches(folder / "timeseries.arrows")).num_rows > 1


class TestReadOnlyDisk:
    def test_while_the_run_lasts(self, llem: Command, disk: SmallDisk) -> None:
        env = install_backend(llem.folder.parent / "plugins", "slow", LOADS_SLOWLY)
        run = (*run_on("slow"), "-o", str(disk.path / "results"))
        with llem.start(*run, env=env) as running:
            running.wait_for("environment:")
            (folder,) = (disk.path / "results").iterdir()
            while load_partial(folder).phase != "load":
                time.sleep(0.01)
            running.send(signal.SIGSTOP)  # while it loads no file is open for writing
            disk.make_read_only()
            running.send(signal.SIGCONT)
            done = running.finish()
        left = load_partial(folder)
        assert (left.state, left.phase) == ("initialising", "load")  # the last that it could write
        assert load_result(rescued(llem, done, "the file system is read-only")).result.requests > 0

    def test_before_the_run_is_a_preflight_problem(self, llem: Command, disk: SmallDisk) -> None:
        disk.make_read_only()
        done = llem(*ECHO, "-o", str(disk.path / "results"))
        assert done.code == 1
        assert "may not be written" in done.stderr
        assert "Choose a folder that you may write to." in done.stderr


class TestVanishedFolder:
    @pytest.mark.parametrize(
        "gone_after", ["environment:", pytest.param("heat:", marks=pytest.mark.slow)]
    )
    def test_while_the_run_lasts(self, llem: Command, gone_after: str) -> None:
        with llem.start(*RUN, *METERED, env=METER) as running:
            running.wait_for(gone_after)
            (folder,) = llem.run_folders()
            folder.parent.rename(llem.folder.parent / "elsewhere")
            done = running.finish()
        assert_whole(rescued(llem, done, "the folder is gone"))
        assert llem.run_folders() == []
