"""Joules of any command."""

import shlex
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from llem_schema import EnergyReading

from llem_energy.command import Command, quietly
from llem_energy.monitor import EnergyMonitor


@dataclass(frozen=True)
class CommandReading:
    """A command that has been run under a meter."""

    reading: EnergyReading
    """From just before the command was started until it had ended."""
    exit_code: int
    """The command's own; 128 + N where signal N killed it."""


def measure_command(
    command: Sequence[str],
    *,
    meter: str = "auto",
    devices: Sequence[str] | None = None,
    stdout: int | None = None,
) -> CommandReading:
    """Run a command and meter it.

    `meter` and `devices` are as for `EnergyMonitor`. The command has this process's stdin, stdout,
    stderr and whatever else it lets its children inherit; `stdout` is a descriptor that takes its
    stdout instead. Until there is a reading, signals that ask this process to end are the
    command's: see `command`.

    Raises `CommandError` for a command that cannot be started, `ConfigError` for no command, or a
    meter or device that does not exist. Raises `PreFlightError`, and starts nothing, for a setting
    of the meter that cannot be used.
    """
    running = Command(command, stdout)
    monitor = quietly(lambda: EnergyMonitor(meter, devices).start(), EnergyMonitor.close)
    with closing(monitor), running:
        with monitor.window(shlex.join(command)) as window:
            exit_code = running.run()
        return CommandReading(window.reading, exit_code)
