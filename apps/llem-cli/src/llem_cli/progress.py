"""Progress on stderr: live bars on a terminal, plain lines in a pipe."""

import time
from types import TracebackType
from typing import Any, Literal, Self, TextIO

import llem
from tqdm import tqdm

_PLAIN_LINE_EVERY_S = 5.0
_UNITS = {"s": "s", "runs": "runs", "requests": "requests", None: ""}


class Progress:
    """A listener that shows a run as it goes on, and remembers where it was saved."""

    def __init__(self, stream: TextIO, detail: Literal["quiet", "normal", "verbose"]) -> None:
        self._stream = stream
        self._detail = detail
        self._live = stream.isatty()
        self._bar: tqdm[Any] | None = None
        self._unit = ""
        self._last_line_s = 0.0
        self.result_dir: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_bar()

    def __call__(self, event: llem.Event, /) -> None:
        if isinstance(event, llem.RunSaved):
            self.result_dir = event.path
        if self._detail == "quiet":
            return
        if self._detail == "verbose":
            self._line(event.model_dump_json())
            return
        match event:
            case llem.RunStarted():
                self._line(f"{event.model} on {event.backend}")
            case llem.PhaseStarted():
                self._begin(event)
            case llem.PhaseProgress():
                self._advance(event)
            case llem.PhaseFinished():
                self._end_bar()
                self._line(f"{event.phase}: {event.duration_s:.1f} s")
            case llem.PhaseSkipped():
                self._line(f"{event.phase}: skipped, {event.reason}")
            case llem.Notice():
                self._line(f"note: {event.message}")
            case _:
                pass

    def _begin(self, event: llem.PhaseStarted) -> None:
        self._unit = _UNITS[event.unit]
        self._last_line_s = time.monotonic()
        if self._live:
            bar_format = (
                "{desc}: {bar:24} {n:.0f}/{total:.0f} {unit} [{elapsed}<{remaining}]"
                if event.total
                else "{desc} ..."
            )
            self._bar = tqdm(
                desc=event.phase,
                total=event.total,
                unit=self._unit,
                bar_format=bar_format,
                file=self._stream,
                leave=False,
                dynamic_ncols=True,
            )

    def _advance(self, event: llem.PhaseProgress) -> None:
        if self._bar is not None:
            if event.total is not None:
                self._bar.total = event.total
            self._bar.n = event.completed
            self._bar.refresh()
        elif time.monotonic() - self._last_line_s >= _PLAIN_LINE_EVERY_S:
            of = f" of {event.total:g}" if event.total is not None else ""
            self._line(f"{event.phase}: {event.completed:.0f}{of} {self._unit}".rstrip())
            self._last_line_s = time.monotonic()

    def _end_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _line(self, text: str) -> None:
        print(text, file=self._stream, flush=True)
