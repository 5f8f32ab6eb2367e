"""Polls in a process of its own: `python -m llem_energy.sampler_process LOG PARENT PERIOD_S SENSORS
DEVICE...`, started by `sampler_child`.

LOG is the descriptor of a `poll_log`, PARENT the process that polls are made for, SENSORS the
`module:function` that opens the sensors of the devices. It imports little, so that it starts fast.

It ends when its parent does. The parent is watched by its process id and by a pipe, stdin: the
pipe alone would stay open in children that the parent has forked, and the kernel's own signal at
the death of a parent comes when the thread ends that started the process. Signals that ask a
parent to end do not end it, so that a window can still be closed and read.

Instants are `time.monotonic_ns`: on Linux the one clock of the whole machine (CLOCK_MONOTONIC), so
that the parent may compare them with its own.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence

from llem_contracts import SystemClock, import_object

from llem_energy.poll_log import PassWriter
from llem_energy.polling import PollingLoop, Sensors

READY = b"llem-energy is polling\n"
"""Written to stdout after the first pass. A line after it says why the process fails."""

OpenSensors = Callable[[Sequence[str]], Sequence[Sensors]]
"""What SENSORS names: opens the sensors of devices, in their order."""

_IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
_LOOK_EVERY_S = 0.25
_STDIN, _STDOUT, _STDERR = range(3)


class Parent:
    """The process that polls are made for."""

    def __init__(self, pid: int, pipe: int) -> None:
        """`pipe`: descriptor to read from, whose other end the parent holds."""
        self._pid = pid
        self._pipe = [pipe]

    def lives_until(self, due_ns: int) -> bool:
        """Wait for an instant; False as soon as the parent is gone or has closed the pipe."""
        while True:
            left_s = (due_ns - time.monotonic_ns()) / 1e9
            pause_s = min(left_s, _LOOK_EVERY_S) if left_s > 0 else 0
            closed, _, _ = select.select(self._pipe, (), (), pause_s)
            if closed or os.getppid() != self._pid:
                return False
            if left_s <= _LOOK_EVERY_S:
                return True


def main() -> int:
    """Poll until the parent is gone; 1 where that fails."""
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    log, parent, period_s, sensors, *devices = sys.argv[1:]
    report = os.dup(_STDOUT)
    try:
        open_sensors: OpenSensors = import_object(sensors, needed_by="the sampler process")
        loop = PollingLoop(
            open_sensors(devices), PassWriter(int(log)), SystemClock(), float(period_s)
        )
        loop.poll()
        os.write(report, READY)
        _be_silent()
        own_parent = Parent(int(parent), _STDIN)
        while own_parent.lives_until(loop.due_ns):
            loop.poll()
    except Exception as error:  # whatever it is, the parent has to tell it
        _tell(report, f"{type(error).__name__}: {error}")
        return 1
    return 0


def _be_silent() -> None:
    """Nobody reads a driver's chatter: it must neither fill the pipe nor reach the terminal."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDOUT)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)


def _tell(report: int, reason: str) -> None:
    try:
        os.write(report, " ".join(reason.split()).encode()[:2000] + b"\n")
    except OSError:  # there is no parent any more
        return


if __name__ == "__main__":
    sys.exit(main())
