"""A command as a process: its world, its output, signals to it, and nothing left of it."""

import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from llem_testing.process import Command, isolated

Script = Callable[[str], Command]

SAY_AND_WAIT = """
import sys, time
print("one of", end="", file=sys.stderr, flush=True)
print(" two", "of three", "rest", sep="\\n", end="", file=sys.stderr, flush=True)
time.sleep(600)
"""
WAIT_FOR_CTRL_C = """
import sys, time
try:
    print("ready", file=sys.stderr)
    time.sleep(600)
except KeyboardInterrupt:
    sys.exit(130)
"""
STRAY_CHILD = """
import subprocess, sys
child = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(600)"],
    start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)
print(child.pid)
"""


class TestIsolation:
    def test_what_the_caller_has_set_does_not_arrive(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("LLEM_RUNNER_PYTORCH", "HF_TOKEN", "CUDA_VISIBLE_DEVICES", "NO_COLOR"):
            monkeypatch.setenv(name, "0")
        monkeypatch.setenv("KEPT", "yes")
        with isolated(tmp_path) as command:
            assert command.environ["KEPT"] == "yes"
            assert not {"LLEM_RUNNER_PYTORCH", "HF_TOKEN", "NO_COLOR"} & set(command.environ)
            assert "CUDA_VISIBLE_DEVICES" not in command.environ

    def test_home_caches_and_temporary_files_are_its_own(self, script: Script) -> None:
        source = """if True:
            import os, pathlib, tempfile
            print(pathlib.Path.home(), tempfile.gettempdir(), os.environ["LLEM_CACHE_DIR"],
                  os.environ["HF_HOME"], os.environ["LLEM_CONFIG"])
        """
        command = script(source)
        *places, config = command().stdout.split()
        assert config == "none"
        assert all(Path(place).is_relative_to(command.folder.parent) for place in places)

    def test_its_folder_is_empty(self, script: Script) -> None:
        assert script("import os; print(os.listdir())")().stdout == "[]\n"

    def test_a_signal_that_the_caller_ignores_reaches_it(self, script: Script) -> None:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            with script(WAIT_FOR_CTRL_C).start() as running:
                running.wait_for("ready")
                running.send(signal.SIGINT)
                assert running.finish().code == 130
        finally:
            signal.signal(signal.SIGINT, before)


class TestOutput:
    def test_the_streams_are_apart_and_complete(self, script: Script) -> None:
        done = script("import sys; print('o' * 300_000); print('e' * 300_000, file=sys.stderr)")()
        assert (done.code, done.stdout, done.stderr) == (
            0,
            "o" * 300_000 + "\n",
            "e" * 300_000 + "\n",
        )

    def test_a_whole_line_is_waited_for(self, script: Script) -> None:
        with script(SAY_AND_WAIT).start() as running:
            assert running.wait_for("of") == "one of two"
            assert running.wait_for("three") == "of three"

    def test_what_never_comes_is_told_with_what_came(self, script: Script) -> None:
        with (
            script(SAY_AND_WAIT).start() as running,
            pytest.raises(AssertionError, match=r"'rest' did not come(?s:.)*one of two"),
        ):
            running.wait_for("rest", within_s=0.3)

    def test_an_end_before_it_came_is_told_at_once(self, script: Script) -> None:
        with (
            script("print('bye')").start() as running,
            pytest.raises(AssertionError, match=r"'hello' did not come(?s:.)*bye"),
        ):
            running.wait_for("hello", on="stdout")

    def test_an_event_is_found_by_its_fields(self, script: Script) -> None:
        source = """if True:
            print("no event")
            for phase in ("load", "measure"):
                print('{"type":"phase_finished","phase":"%s","duration_s":1.5}' % phase)
        """
        with script(source).start() as running:
            event = running.wait_for_event("phase_finished", on="stdout", phase="measure")
            assert event.model_dump() == {
                "type": "phase_finished", "phase": "measure", "duration_s": 1.5,
            }  # fmt: skip


class TestEnd:
    def test_an_exit_code_is_no_death_by_signal(self, script: Script) -> None:
        done = script("raise SystemExit(143)")()
        assert (done.code, done.killed_by) == (143, None)

    def test_a_death_by_signal_says_which(self, script: Script) -> None:
        done = script("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")()
        assert (done.code, done.killed_by) == (-9, signal.SIGKILL)

    def test_a_signal_goes_to_the_command_alone_or_to_its_group(self, script: Script) -> None:
        source = """if True:
            import signal, subprocess, sys
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            signal.signal(signal.SIGUSR1, lambda *_: print("got it", child.poll()))
            print("ready", file=sys.stderr)
            print("child", child.wait())
        """
        with script(source).start() as running:
            running.wait_for("ready")
            running.send(signal.SIGUSR1)
            assert running.wait_for("got it", on="stdout") == "got it None"
            running.send_to_group(signal.SIGUSR1)
            assert running.finish().stdout.splitlines()[-1] == f"child {-signal.SIGUSR1}"

    def test_one_that_does_not_end_is_told(self, script: Script) -> None:
        with (
            script(SAY_AND_WAIT).start() as running,
            pytest.raises(AssertionError, match=r"did not end within 0\.3 s(?s:.)*one of two"),
        ):
            running.finish(within_s=0.3)


class TestFamily:
    def test_a_child_that_left_the_session_and_lost_its_parent_is_a_member(
        self, script: Script
    ) -> None:
        running = script(STRAY_CHILD).start()
        stray = int(running.finish().stdout)
        assert set(running.family.members()) == {stray}
        running.family.kill()
        running.family.assert_gone()

    def test_one_that_outlives_its_command_is_told_by_its_command_line(
        self, script: Script
    ) -> None:
        running = script(STRAY_CHILD).start(patience_s=0.1)
        stray = running.finish().stdout.strip()
        with pytest.raises(AssertionError, match=rf"live on: {stray}: .*sleep\(600\)"), running:
            pass
        assert running.family.members() == {}

    def test_a_block_that_fails_leaves_nothing(self, script: Script) -> None:
        running = script(SAY_AND_WAIT).start()
        with pytest.raises(AssertionError, match="four"), running:
            running.wait_for("four", within_s=0.3)
        assert running.family.members() == {}

    def test_a_command_that_nobody_waited_for_is_ended_with_its_folder(
        self, tmp_path: Path
    ) -> None:
        with isolated(tmp_path) as command:
            waiting = replace(command, program=(sys.executable, "-u", "-c", SAY_AND_WAIT)).start()
            waiting.wait_for("three")
        assert waiting.finish().killed_by == signal.SIGKILL

    def test_the_end_of_one_command_leaves_another_alone(self, script: Script) -> None:
        with script(SAY_AND_WAIT).start() as waiting:
            script("")()
            assert len(waiting.family.members()) == 1
