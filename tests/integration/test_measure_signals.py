"""Signals and keys while `llem measure` runs a command."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from llem_schema import EnergyReading
from llem_testing.process import Command
from llem_testing.running import Running
from llem_testing.simulated_gpu import CONTINUOUS_COUNTER, ConstantPower, Gpu, Scenario
from llem_testing.terminal import CTRL_BACKSLASH, CTRL_C, in_terminal

from .simulated_machine import simulated

MEASURE = ("measure", "--meter", "none", "--", "sh", "-c")
CTRL_Z = "\x1a"

WAITS = "echo ready >&2; while :; do sleep 0.05; done"
"""A script that works until something ends it."""

UNTIL_IT_GOES_ON = """if True:
    import signal, sys

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCONT})
    print("ready", flush=True)
    signal.sigwait({signal.SIGCONT})
    sys.exit(7)
"""
"""A program that ends when it goes on after a stop. It starts no other: a shell that is about to do
so may be stopped between two processes, where nobody sees it."""


@contextmanager
def at_work(llem: Command, script: str) -> Iterator[Running]:
    """A measured shell that has come to its loop."""
    with llem.start(*MEASURE, script) as running:
        running.wait_for("ready")
        yield running


class TestSignal:
    @pytest.mark.parametrize("name", ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2"])
    def test_is_passed_on_and_what_the_command_makes_of_it_is_measured(
        self, llem: Command, name: str
    ) -> None:
        with at_work(llem, f"trap 'exit 7' {name}; {WAITS}") as running:
            running.send(signal.Signals[f"SIG{name}"])
            done = running.finish()
        assert done.code == 7
        assert " s, exit code 7\nEnergy  " in done.stderr

    @pytest.mark.parametrize("name", ["INT", "TERM"])
    def test_that_kills_the_command_is_its_exit_code(self, llem: Command, name: str) -> None:
        number = signal.Signals[f"SIG{name}"]
        with at_work(llem, WAITS) as running:
            running.send(number)
            done = running.finish()
        assert done.code == 128 + number
        assert f"exit code {128 + number}\n" in done.stderr

    def test_may_come_as_often_as_it_likes(self, llem: Command) -> None:
        counts = "n=0; trap 'n=$((n + 1)); echo got $n >&2' INT; trap 'exit $n' TERM"
        with at_work(llem, f"{counts}; {WAITS}") as running:
            for number in range(1, 4):
                running.send(signal.SIGINT)
                running.wait_for(f"got {number}")
            running.send(signal.SIGTERM)
            assert running.finish().code == 3

    def test_that_a_shell_ignores_for_a_background_job_stays_ignored(self, llem: Command) -> None:
        ignoring = 'trap "" INT; exec "$0" "$@"'
        starter = Command(llem.folder, llem.environ, ("/bin/sh", "-c", ignoring, *llem.program))
        with at_work(starter, WAITS) as running:
            running.send(signal.SIGINT)
            running.send(signal.SIGTERM)
            assert running.finish().code == 143


class TestSampling:
    """What polls the sensors does not come between a signal and the command."""

    GPU = Gpu(uuid="GPU-0", power=ConstantPower(power_w=300.0), sensors=CONTINUOUS_COUNTER)

    def test_goes_on_to_the_end_of_a_command_that_a_signal_ended(self, llem: Command) -> None:
        scenario = Scenario(gpus=(self.GPU,), start_ns=time.monotonic_ns())
        script = f"trap 'exit 7' TERM; {WAITS}"
        with llem.start(
            *("measure", "--json", "--", "sh", "-c", script), env=simulated(scenario, llem.folder)
        ) as running:
            running.wait_for("ready")
            time.sleep(1.0)  # long enough for any window to have joules
            running.send(signal.SIGTERM)
            done = running.finish()
        assert done.code == 7
        reading = EnergyReading.model_validate_json(done.stdout)
        assert reading.energy_j == pytest.approx(300.0 * reading.duration_s, rel=0.02)

    def test_has_no_thread_that_takes_them(self, llem: Command) -> None:
        scenario = Scenario(gpus=(self.GPU,), start_ns=time.monotonic_ns())
        blocked = "sleep 0.2; grep -h SigBlk /proc/$PPID/task/*/status"
        done = llem("measure", "--", "sh", "-c", blocked, env=simulated(scenario, llem.folder))
        masks = [int(line.split()[1], 16) for line in done.stdout.splitlines()]
        open_to_it = [mask for mask in masks if not mask & 1 << signal.SIGTERM - 1]
        assert len(masks) > 2
        assert len(open_to_it) == 1  # the one that waits for signals to pass them on


class TestKeys:
    @pytest.mark.parametrize(
        ("key", "name"), [(CTRL_C, "INT"), (CTRL_BACKSLASH, "QUIT")], ids=["c", "backslash"]
    )
    def test_reach_the_command_once_and_llem_outlives_them(
        self, llem: Command, key: str, name: str
    ) -> None:
        script = f"trap 'echo got; ending=yes' {name}; echo ready; "
        script += 'until [ "$ending" ]; do sleep 0.05; done; sleep 0.3; exit 7'
        with in_terminal(llem, *MEASURE, script, columns=200) as terminal:
            terminal.wait_until_shows("ready")
            terminal.type(key)
            assert terminal.finish().code == 7
        assert sum(line.endswith("got") for line in terminal.lines) == 1
        assert any(line.endswith("exit code 7") for line in terminal.lines)

    def test_that_kill_the_command_leave_the_reading(self, llem: Command) -> None:
        with in_terminal(llem, *MEASURE, WAITS, columns=200) as terminal:
            terminal.wait_until_shows("ready")
            terminal.type(CTRL_C)
            assert terminal.finish().code == 130
        assert any(line.endswith("exit code 130") for line in terminal.lines)

    def test_ctrl_z_stops_both_until_the_shell_lets_them_go_on(self, llem: Command) -> None:
        with_jobs = '"$0" "$@"; echo "stopped $?"; fg >/dev/null; echo "ended $?"'
        shell = Command(llem.folder, llem.environ, ("/bin/sh", "-mc", with_jobs, *llem.program))
        command = ("--", sys.executable, "-c", UNTIL_IT_GOES_ON)
        with in_terminal(shell, "measure", "--meter", "none", *command, columns=200) as terminal:
            terminal.wait_until_shows("ready")
            terminal.type(CTRL_Z)
            terminal.wait_until_shows(f"stopped {128 + signal.SIGTSTP}")
            terminal.wait_until_shows("ended 7")
            assert terminal.finish().code == 0
        assert any(line.endswith("exit code 7") for line in terminal.lines)
