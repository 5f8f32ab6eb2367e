"""What Ctrl-C, SIGTERM and the end of the terminal do.

The first ends the run in good order: what was measured is kept, the devices are let go. One that
comes meanwhile ends it at once; what is on disk by then stays. Once the exit code is decided they
do nothing.
"""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

Handler = Callable[[int, FrameType | None], object] | signal.Handlers

EXIT_CODES = {signal.SIGHUP: 129, signal.SIGINT: 130, signal.SIGTERM: 143}


def heed() -> None:
    """Obey from now on. What a background job of a shell ignores stays ignored."""
    _set(_end_in_order)


def ignore() -> None:
    """Obey no longer: a late signal must not turn an exit code into a death by signal."""
    _set(signal.SIG_IGN)


def _set(handler: Handler) -> None:
    for number in EXIT_CODES:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def _end_in_order(number: int, frame: FrameType | None) -> NoReturn:
    _set(_end_at_once)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(EXIT_CODES[signal.Signals(number)])


def _end_at_once(number: int, frame: FrameType | None) -> NoReturn:
    # Past the streams of Python: what hangs may hold their locks.
    os.write(2, b"\nllem: stopped at once\n")
    os._exit(EXIT_CODES[signal.Signals(number)])
