"""A command beside this process, and the threads that leave its signals alone."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from llem_contracts import CommandError, ConfigError
from llem_energy import measure_command
from llem_energy.command import Command, quietly


def exit_code(*arguments: str, stdout: int | None = None) -> int:
    with Command(arguments, stdout) as command:
        return command.run()


def status_of(*fields: str) -> Sequence[str]:
    """A command that writes lines of its own `/proc/self/status`."""
    return ("grep", "-E", "|".join(f"^{field}:" for field in fields), "/proc/self/status")


NO_CHILD_IS_LEFT = """
import os
from llem_energy.command import Command
with Command(("true",)) as command:
    command.run()
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    raise SystemExit(0)
raise SystemExit("a child is left")
"""


class TestCommand:
    @pytest.mark.parametrize(
        ("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -KILL $$", 137)]
    )
    def test_has_the_exit_code_that_a_shell_would_tell(self, script: str, code: int) -> None:
        assert exit_code("sh", "-c", script) == code

    def test_that_cannot_be_started_says_why_and_with_which_code(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="cannot start 'not-there'") as not_found:
            exit_code("not-there")
        assert not_found.value.exit_code == 127
        with pytest.raises(CommandError, match="Permission denied") as not_runnable:
            exit_code(str(tmp_path))
        assert not_runnable.value.exit_code == 126

    def test_is_a_program_at_least(self) -> None:
        with pytest.raises(ConfigError):
            Command(())

    def test_writes_where_it_is_told_to(self, tmp_path: Path) -> None:
        with (tmp_path / "file").open("w") as file:
            assert exit_code("echo", "here", stdout=file.fileno()) == 0
        assert (tmp_path / "file").read_text() == "here\n"

    def test_starts_with_the_signals_of_this_process(self, tmp_path: Path) -> None:
        """None blocked, and none ignored because Python does."""
        with (tmp_path / "file").open("w") as file:
            assert exit_code(*status_of("SigBlk", "SigIgn"), stdout=file.fileno()) == 0
        blocked, ignored = (
            int(line.split()[1], 16) for line in (tmp_path / "file").read_text().splitlines()
        )
        assert blocked == 0
        assert not ignored & (1 << signal.SIGPIPE - 1)

    def test_leaves_signals_as_they_were(self) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        threads = threading.active_count()
        exit_code("true")
        with pytest.raises(CommandError):
            exit_code("not-there")
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
        assert threading.active_count() == threads

    def test_leaves_no_child(self) -> None:
        """In a process of its own: this one may have children of other tests."""
        done = subprocess.run(
            [sys.executable, "-c", NO_CHILD_IS_LEFT], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def test_runs_in_any_thread(self) -> None:
        codes: list[int] = []
        thread = threading.Thread(target=lambda: codes.append(exit_code("sh", "-c", "exit 5")))
        thread.start()
        thread.join()
        assert codes == [5]


class TestStop:
    def test_comes_once_though_the_terminal_has_asked_for_one_too(self) -> None:
        script = """if True:
            import os, signal
            from llem_energy.command import stop_with

            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})
            os.kill(os.getpid(), signal.SIGTSTP)
            stop_with(os.getpid())
        """
        child = subprocess.Popen([sys.executable, "-c", script], process_group=0)
        _, stopped = os.waitpid(child.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(stopped)
        child.send_signal(signal.SIGCONT)
        _, ended = os.waitpid(child.pid, os.WUNTRACED)
        child.kill()
        child.wait()
        assert os.WIFEXITED(ended)
        assert os.WEXITSTATUS(ended) == 0


class TestQuietly:
    def test_the_call_and_its_threads_take_no_signals(self) -> None:
        masks: list[set[int]] = []

        def note() -> None:
            masks.append({*signal.pthread_sigmask(signal.SIG_BLOCK, ())})

        def call() -> str:
            note()
            started = threading.Thread(target=note)
            started.start()
            started.join()
            return "done"

        assert quietly(call, undo=lambda _: None) == "done"
        taken = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1}
        assert [taken <= mask for mask in masks] == [True, True]
        assert not taken & signal.pthread_sigmask(signal.SIG_BLOCK, ())

    def test_what_fails_fails_here(self) -> None:
        with pytest.raises(ZeroDivisionError):
            quietly(lambda: 1 // 0, undo=lambda _: None)

    def test_ctrl_c_ends_the_wait_and_undoes_what_comes_of_it(self) -> None:
        script = """if True:
            import os, signal, threading
            from llem_energy.command import quietly

            # A job in the background of a shell is started with Ctrl-C ignored.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            interrupted, undone = threading.Event(), threading.Event()

            def call():
                os.kill(os.getpid(), signal.SIGINT)
                interrupted.wait()
                return "made"

            def undo(what):
                assert what == "made"
                undone.set()

            try:
                quietly(call, undo)
            except KeyboardInterrupt:
                interrupted.set()
            assert undone.wait(60)
        """
        subprocess.run([sys.executable, "-c", script], check=True)


class TestMeasureCommand:
    def test_gives_the_reading_with_the_exit_code(self) -> None:
        measured = measure_command(["sh", "-c", "sleep 0.1; exit 4"], meter="none")
        assert measured.exit_code == 4
        assert measured.reading.name == "sh -c 'sleep 0.1; exit 4'"
        assert measured.reading.duration_s >= 0.1
        assert measured.reading.code == "no_sensor"

    def test_refuses_what_does_not_exist(self) -> None:
        for meter, devices in (("nvlm", None), ("none", ["GPU-x"])):
            with pytest.raises(ConfigError):
                measure_command(["true"], meter=meter, devices=devices)
        with pytest.raises(ConfigError):
            measure_command([])
        with pytest.raises(CommandError):
            measure_command(["not-there"], meter="none")
