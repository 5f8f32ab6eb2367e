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

FLUSH_EVERY_NS = 100_000_000
"""Passes reach the log, and the parent is looked at, no later than this after the last time."""

OpenSensors = Callable[[Sequence[str]], Sequence[Sensors]]
"""What SENSORS names: opens the sensors of devices, in their order."""

_IGNORED = ("SIGHUP", "SIGINT", "SIGTERM")
_LOOK_EVERY_S = 0.25
"""Or as often as this, where polls are rare."""
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
            left_s = _seconds_until(due_ns)
            closed, _, _ = select.select(self._pipe, (), (), min(left_s, _LOOK_EVERY_S))
            if closed or os.getppid() != self._pid:
                return False
            if left_s <= _LOOK_EVERY_S:
                return True


def main() -> int:
    """Poll until the parent is gone; 1 where that fails."""
    for name in _IGNORED:
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    log, parent, period_s, sensors, *devices = sys.argv[1:]
    report = os.dup(_STDOUT)
    try:
        open_sensors: OpenSensors = import_object(sensors, needed_by="the sampler process")
        writer = PassWriter(int(log))
        loop = PollingLoop(open_sensors(devices), writer, SystemClock(), float(period_s))
        loop.poll()
        writer.flush()
        os.write(report, READY)
        _be_silent()
        _poll_on(loop, writer, Parent(int(parent), _STDIN))
    except Exception as error:  # whatever it is, the parent has to tell it
        _tell(report, f"{type(error).__name__}: {error}")
        return 1
    return 0


def _poll_on(loop: PollingLoop, writer: PassWriter, parent: Parent) -> None:
    """Poll while the parent lives.

    At a wake-up most of the time goes into code that has left the caches meanwhile, so what need
    not be done after every pass is done after several.
    """
    flush_due_ns = 0
    try:
        while True:
            if loop.due_ns < flush_due_ns:
                time.sleep(_seconds_until(loop.due_ns))
            else:
                writer.flush()
                if not parent.lives_until(loop.due_ns):
                    return
                flush_due_ns = loop.due_ns + FLUSH_EVERY_NS
            loop.poll()
    finally:
        writer.flush()


def _seconds_until(due_ns: int) -> float:
    return max(due_ns - time.monotonic_ns(), 0) / 1e9


def _be_silent() -> None:
    """Nobody reads a driver's chatter: it must neither fill the pipe nor reach the terminal."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDOUT)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)


def _tell(report: int, reason: str) -> None:
    try:
        os.write(report, " ".join(reason.split()).encode(errors="replace")[:2000] + b"\n")
    except OSError:  # there is no parent any more
        return


if __name__ == "__main__":
    sys.exit(main())
