"""Progress on stderr: a live line on a terminal, plain lines in a pipe."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self, TextIO

import llem

from llem_cli.bars import Activity
from llem_cli.live import LiveLine
from llem_cli.logs import Detail, Form, event_line
from llem_cli.printing import columns_of

_PLAIN_LINE_EVERY_S = 5.0


@contextmanager
def busy_with(phase: str) -> Iterator[None]:
    """Until it is over: a spinner on a terminal, nothing in a pipe."""
    with Progress(sys.stderr, "normal") as progress:
        progress(llem.PhaseStarted(phase=phase))
        yield


class Progress:
    """A listener that shows a run as it goes on, and remembers where it was saved."""

    def __init__(
        self,
        stream: TextIO,
        detail: Detail,
        columns: Callable[[], int] | None = None,
        *,
        form: Form = "human",
        live: bool = True,
    ) -> None:
        """`columns`: width of the terminal, asked for each time; None: what the stream says.

        `form` `json` makes each event a JSON line. `live` False: plain lines on a terminal too.
        """
        self._stream = stream
        self._detail = detail
        self._form = form
        self._live: LiveLine | None = None
        live = live and form == "human" and detail == "normal" and stream.isatty()
        if live and os.environ.get("TERM") != "dumb":
            self._live = LiveLine(stream, columns or (lambda: columns_of(stream)))
        self._unit = ""
        self._last_line_s = 0.0
        self._reasons: list[str] = []
        """Why phases were skipped."""
        self.result_dir: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.end()

    def __call__(self, event: llem.Event, /) -> None:
        if isinstance(event, llem.RunSaved):
            self.result_dir = event.path
        if self._detail == "quiet":
            return
        if self._form == "json":
            self.line(event_line(event))
            return
        match event:
            case llem.RunStarted():
                self.line(f"{event.model} on {event.backend}")
            case llem.PhaseStarted():
                self._begin(event)
            case llem.PhaseProgress():
                self._advance(event)
            case llem.PhaseFinished():
                if self._live is not None:
                    self._live.end()
                self.line(f"{event.phase}: {event.duration_s:.1f} s")
            case llem.PhaseSkipped():
                self.line(f"{event.phase}: skipped, {self._new_in(event.reason)}")
            case llem.Notice():
                self.line(f"note: {event.message}")
            case llem.RunSaved() if self._detail == "verbose":
                self.line(f"saved: {event.path}")
            case _:
                pass

    def _begin(self, event: llem.PhaseStarted) -> None:
        self._unit = event.unit or ""
        self._last_line_s = time.monotonic()
        if self._live is not None:
            self._live.begin(Activity(event.phase, event.total, self._unit))
        elif self._detail == "verbose":
            of = f", {event.total:g} {self._unit}" if event.total is not None else ""
            self.line(f"{event.phase}: begins{of}".rstrip())

    def _advance(self, event: llem.PhaseProgress) -> None:
        if self._live is not None:
            self._live.advance(event.completed, event.total)
        elif self._detail == "verbose" or self._is_time():
            of = f" of {event.total:g}" if event.total is not None else ""
            self.line(f"{event.phase}: {event.completed:.0f}{of} {self._unit}".rstrip())
            self._last_line_s = time.monotonic()

    def _new_in(self, reason: str) -> str:
        """A reason without what an earlier line has told."""
        shown = reason
        for told in self._reasons:
            shown = "for the same reason" if shown == told else shown.replace(f" ({told})", "")
        self._reasons.append(reason)
        return shown

    def _is_time(self) -> bool:
        return time.monotonic() - self._last_line_s >= _PLAIN_LINE_EVERY_S

    def line(self, text: str) -> None:
        """Add a line that stays."""
        if self._live is not None:
            self._live.print(text)
        else:
            # A reader that went away must not end what is measured.
            with suppress(OSError):
                print(text, file=self._stream, flush=True)
