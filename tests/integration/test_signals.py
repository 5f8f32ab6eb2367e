"""SIGTERM, SIGINT and SIGHUP end a run: exit code, what is kept, nobody left behind."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from llem_store import load_partial
from llem_testing.process import Command
from llem_testing.running import GUARD_S, Finished, Running
from llem_testing.terminal import in_terminal

from .echo import ECHO, LATE_PHASES, METER, METERED, PHASES, lingering_in, run_on
from .side_plugin import install_backend

LOADS_SLOWLY = """
def create(settings):
    return ScriptedBackend(SystemClock(), load_s=60.0)
"""
HANGS_AT_THE_END = """
from contextlib import contextmanager


class Hanging(ScriptedBackend):
    @contextmanager
    def load(self, config):
        with super().load(config) as model:
            try:
                yield model
            finally:
                print("hanging", flush=True)
                self.clock.sleep(60.0)


def create(settings):
    return Hanging(SystemClock())
"""


@contextmanager
def in_phase(llem: Command, phase: str) -> Iterator[Running]:
    """A metered run that has come to the phase and will stay there."""
    if phase in LATE_PHASES:
        arguments, env = lingering_in(phase, llem, 60.0)
        here = f"{phase}: 1 of 4 requests"
    else:
        arguments, env = (*ECHO, *METERED, *PHASES[phase]), METER
        here = f"{phase}: begins"
    with llem.start(*arguments, "--verbose", env=env) as running:
        running.wait_for(here)
        yield running


def ended(running: Running, code: int) -> Finished:
    done = running.finish()
    assert done.code == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done


def partial_run(llem: Command) -> Path:
    """The folder of a run that ended early, after its baseline."""
    (folder,) = llem.run_folders()
    kept = {path.name for path in folder.iterdir()} - {"requests.parquet"}  # a pass may be over
    assert kept == {"partial.json", "timeseries.parquet"}
    return folder


def wait_for_samples(folder: Path) -> None:
    """Wait until a run that goes on has samples on disk."""
    deadline_s = time.monotonic() + GUARD_S
    while load_partial(folder).timeseries() is None:
        assert time.monotonic() < deadline_s, "no sample came to the disk"
        time.sleep(0.02)


class TestFirst:
    @pytest.mark.parametrize("phase", [*PHASES, *LATE_PHASES])
    def test_sigterm_ends_every_phase_and_keeps_the_series(self, llem: Command, phase: str) -> None:
        with in_phase(llem, phase) as running:
            running.send(signal.SIGTERM)
            done = ended(running, 143)
        assert str(Path("results") / partial_run(llem).name) in done.stderr

    @pytest.mark.parametrize("phase", ["measure", *LATE_PHASES])
    def test_sigint_does_too_and_says_so(self, llem: Command, phase: str) -> None:
        with in_phase(llem, phase) as running:
            running.send(signal.SIGINT)
            assert ended(running, 130).stderr.endswith("\nllem: interrupted\n")
        folder = partial_run(llem)
        assert phase not in LATE_PHASES or (folder / "requests.parquet").exists()

    def test_sighup_does_as_well(self, llem: Command) -> None:
        with in_phase(llem, "measure") as running:
            running.send(signal.SIGHUP)
            ended(running, 129)
        assert load_partial(partial_run(llem)).reason == "the terminal was closed"

    def test_a_closed_terminal_sends_one_that_does(self, llem: Command) -> None:
        with in_terminal(llem, *ECHO, *METERED, *PHASES["measure"], env=METER) as terminal:
            terminal.wait_until_shows("measure")
            terminal.hang_up()
            assert terminal.finish().code == 129
        assert load_partial(partial_run(llem)).reason == "the terminal was closed"

    def test_sighup_is_ignored_under_nohup(self, llem: Command) -> None:
        ignoring = 'trap "" HUP; exec "$0" "$@"'
        nohup = Command(llem.folder, llem.environ, ("/bin/sh", "-c", ignoring, *llem.program))
        with nohup.start(*ECHO, "--set=min_window_s=0.5", "--verbose") as running:
            running.wait_for("measure: begins")
            running.send(signal.SIGHUP)
            assert running.finish().code == 0
        assert len(llem.run_folders()) == 1

    def test_is_told_as_json_where_that_is_asked_for(self, llem: Command) -> None:
        run = (*run_on("acme-echo"), *PHASES["measure"], "--log-json", "--verbose")
        with llem.start(*run) as running:
            running.wait_for('"phase_progress", "phase": "measure"')
            running.send(signal.SIGINT)
            lines = ended(running, 130).stderr.splitlines()
        assert json.loads(lines[-1])["event"] == "interrupted"
        assert all(json.loads(line)["timestamp"] for line in lines)

    def test_ends_a_load_too(self, llem: Command) -> None:
        env = install_backend(llem.folder.parent / "plugins", "slow", LOADS_SLOWLY)
        with llem.start(*run_on("slow"), "--verbose", env=env) as running:
            running.wait_for("load: begins")
            running.send(signal.SIGINT)
            ended(running, 130)
        assert llem.run_folders() == []

    def test_is_ignored_by_a_background_job_whose_shell_ignores_it(self, llem: Command) -> None:
        ignoring = 'trap "" INT; "$0" "$@" & wait $!'
        shell = Command(llem.folder, llem.environ, ("/bin/sh", "-c", ignoring, *llem.program))
        with shell.start(*ECHO, "--set=min_window_s=0.5", "--verbose") as running:
            running.wait_for("measure: begins")
            running.send_to_group(signal.SIGINT)
            assert running.finish().code == 0
        assert len(llem.run_folders()) == 1


class TestSecond:
    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"]
    )
    def test_ends_at_once_what_the_first_could_not(
        self, llem: Command, number: signal.Signals, code: int
    ) -> None:
        env = METER | install_backend(llem.folder.parent / "plugins", "stuck", HANGS_AT_THE_END)
        arguments = (*run_on("stuck"), *METERED, *PHASES["measure"], "--verbose")
        with llem.start(*arguments, env=env) as running:
            running.wait_for("measure: begins")
            (folder,) = llem.run_folders()
            wait_for_samples(folder)
            running.send(number)
            running.wait_for("hanging")
            running.send(number)
            done = ended(running, code)
        assert done.stderr.endswith("\nllem: stopped at once\n")
        left = load_partial(folder)
        assert left.reason.startswith("its process ended without a word while it was measuring")
        assert left.timeseries() is not None

    @pytest.mark.slow
    def test_leaves_no_traceback_whenever_it_comes(self, llem: Command) -> None:
        for gap_ms in range(30):
            with in_phase(llem, "measure") as running:
                for _ in range(5):
                    running.send(signal.SIGINT)
                    time.sleep(gap_ms / 1000)
                ended(running, 130)


class TestLate:
    LINGER = """if True:
        import atexit, sys, time

        def linger():
            print("leaving", file=sys.stderr, flush=True)
            time.sleep(0.5)

        atexit.register(linger)
    """

    def test_does_not_change_an_exit_code(self, llem: Command) -> None:
        place = llem.folder.parent / "startup"
        place.mkdir()
        (place / "sitecustomize.py").write_text(self.LINGER)
        with llem.start("run", "none.yaml", env={"PYTHONPATH": str(place)}) as running:
            running.wait_for("leaving")
            running.send(signal.SIGINT)
            running.send(signal.SIGTERM)
            ended(running, 2)
