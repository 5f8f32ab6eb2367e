"""A line at the foot of a terminal that is drawn over as things go on."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TextIO

from llem_cli.bars import Activity, live_text

_ERASE = "\r\x1b[K"
_LEFT_FREE = 3
"""Columns at the end of the line: a terminal writes `^C` there when it is typed."""
_TURN_EVERY_S = 0.25


class LiveLine:
    """Shows one activity at a time, below the lines that stay.

    A spinner turns in a thread of its own. A bar moves only when it is told to: nothing runs beside
    what is measured.
    """

    def __init__(
        self,
        stream: TextIO,
        columns: Callable[[], int],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._columns = columns
        self._now_s = now_s
        self._blocks = (stream.encoding or "utf-8").lower().startswith("utf")
        self._lock = threading.Lock()
        self._activity: Activity | None = None
        self._begun_s = 0.0
        self._spinner: threading.Thread | None = None
        self._stopped = threading.Event()

    def begin(self, activity: Activity) -> None:
        """Show an activity in the place of the last one."""
        self.end()
        self._activity = activity
        self._begun_s = self._now_s()
        self._draw()
        if activity.total is None:
            self._stopped.clear()
            spinner = threading.Thread(target=self._spin, name="spinner", daemon=True)
            spinner.start()
            self._spinner = spinner

    def advance(self, completed: float, total: float | None) -> None:
        """It has come this far; `total`, where it is given, is new."""
        if self._activity is None or self._spinner is not None:
            return
        total = self._activity.total if total is None else total
        self._activity = replace(self._activity, completed=completed, total=total)
        self._draw()

    def end(self) -> None:
        """Leave nothing of the activity on the screen."""
        self._stopped.set()
        if self._spinner is not None:
            self._spinner.join()
            self._spinner = None
        if self._activity is not None:
            self._activity = None
            self._write(_ERASE)

    def print(self, text: str) -> None:
        """Add a line that stays, above the live one."""
        self._write(f"{_ERASE}{text}\n{self._text()}")

    def _spin(self) -> None:
        while not self._stopped.wait(_TURN_EVERY_S):
            self._draw()

    def _draw(self) -> None:
        self._write(f"{_ERASE}{self._text()}")

    def _text(self) -> str:
        if self._activity is None:
            return ""
        columns = max(1, self._columns() - _LEFT_FREE)
        elapsed_s = self._now_s() - self._begun_s
        return live_text(self._activity, elapsed_s, columns, blocks=self._blocks)

    def _write(self, text: str) -> None:
        # A terminal that went away must not end what is measured.
        with self._lock, suppress(OSError):
            self._stream.write(text)
            self._stream.flush()
