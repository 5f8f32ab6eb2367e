"""Where log records go: lines for a person, or JSON lines, one object each.

Records come from llem's own modules and from libraries; Python's warnings are among them. A JSON
line has `timestamp` (UTC), `level`, `event`, `logger` where one spoke, and the fields of the event.
"""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import llem

from llem_cli.printing import plain

Form = Literal["human", "json"]
Detail = Literal["quiet", "normal", "verbose"]
_OURS = ("llem_harness", "llem_study")


@contextmanager
def logging_to(write: Callable[[str], None], form: Form, detail: Detail) -> Iterator[None]:
    """Hand each record to `write`, as one text; put everything back on leaving.

    `normal` lets warnings through, `quiet` errors alone, `verbose` also what llem's own modules
    tell for debugging.
    """
    root, handler = logging.getLogger(), _Handler(write, form)
    ours = [logging.getLogger(name) for name in _OURS]
    level = logging.ERROR if detail == "quiet" else logging.WARNING
    before = root.level, [logger.level for logger in ours]
    root.addHandler(handler)
    root.setLevel(level)
    for logger in ours:
        logger.setLevel(logging.DEBUG if detail == "verbose" else level)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)
        root.setLevel(before[0])
        for logger, earlier in zip(ours, before[1], strict=True):
            logger.setLevel(earlier)


def json_line(level: str, event: str, **fields: Any) -> str:
    """A log line as JSON."""
    import structlog

    head = {"timestamp": _now(), "level": level, "event": event}
    line = structlog.processors.JSONRenderer(default=str)(None, "", head | fields)
    assert isinstance(line, str)
    return line


def event_line(event: llem.Event) -> str:
    """A progress event as a JSON line: its type is the event's name."""
    level = "warning" if isinstance(event, llem.Notice) else "info"
    return json_line(level, event.type, **event.model_dump(mode="json", exclude={"type"}))


@contextmanager
def printing_to(write: Callable[[str], None], form: Form, stream: TextIO) -> Iterator[None]:
    """Hand each line that libraries print to `write`, whichever of the two streams they print on.

    Some of them log to handlers of their own, which write to stderr and tell nobody else.
    """
    lines = PrintedLines(write, form, stream)
    with redirect_stdout(lines), redirect_stderr(lines):
        try:
            yield
        finally:
            lines.end()


class PrintedLines(io.TextIOBase):
    """A stream in the place of another, whose lines are handed on one by one."""

    def __init__(self, write: Callable[[str], None], form: Form, stream: TextIO) -> None:
        self._write = write
        self._form = form
        self._stream = stream
        self._begun = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._tell(line)
        # A bar draws its line over and over.
        self._begun = self._begun.rpartition("\r")[2]
        return len(text)

    def end(self) -> None:
        """Hand on a line that nobody ended."""
        self._tell(self._begun)
        self._begun = ""

    def _tell(self, line: str) -> None:
        text = plain(line.rstrip("\r").rpartition("\r")[2].expandtabs().rstrip())
        if text:
            self._write(json_line("info", "printed", text=text) if self._form == "json" else text)


class _Handler(logging.Handler):
    def __init__(self, write: Callable[[str], None], form: Form) -> None:
        # Here, not above: the help of a command that logs should not have to wait for it.
        import structlog

        super().__init__()
        self._write = write
        self.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=[
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.add_logger_name,
                    structlog.stdlib.ExtraAdder(),
                    _without_traces_of_other_handlers,
                ],
                processors=[
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _for_a_program if form == "json" else _for_a_person,
                ],
            )
        )

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._write(self.format(record))
        except Exception:  # a record that cannot be shown must not end a run
            self.handleError(record)


def _without_traces_of_other_handlers(_: Any, __: str, record: Any) -> Any:
    """A formatter leaves its work in the record, where the next one takes it for a field."""
    return {key: value for key, value in record.items() if key not in ("message", "asctime")}


def _for_a_program(_: Any, __: str, record: Any) -> str:
    shown = dict(record)
    event, level = str(shown.pop("event")), shown.pop("level")
    if "exc_info" in shown:
        import structlog

        shown = dict(structlog.processors.format_exc_info(None, "", shown))
    return json_line(level, event.strip(), **shown)


def _for_a_person(_: Any, __: str, record: Any) -> str:
    shown = dict(record)
    event, level, name = shown.pop("event"), shown.pop("level"), shown.pop("logger")
    shown.pop("exc_info", None)
    fields = " ".join(f"{key}={value}" for key, value in shown.items())
    words = " ".join(str(event).split())
    return f"{level}: {name.partition('.')[0]}: {words}{f' ({fields})' if fields else ''}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
