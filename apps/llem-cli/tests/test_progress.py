"""Progress: live on a terminal, plain in a pipe, nothing when quiet."""

import io
import re

import llem
from llem_cli.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


EVENTS: tuple[llem.Event, ...] = (
    llem.RunStarted(experiment_id="x", model="gpt2", backend="pytorch"),
    llem.PhaseStarted(phase="load"),
    llem.PhaseFinished(phase="load", duration_s=1.5),
    llem.PhaseSkipped(phase="baseline", reason="no sensor"),
    llem.PhaseStarted(phase="measure", total=10, unit="requests"),
    llem.PhaseProgress(phase="measure", completed=4, total=20),
    llem.Notice(code="slow", message="this is slow"),
    llem.PhaseFinished(phase="measure", duration_s=10.0),
    llem.RunSaved(path="results/x"),
)


def shown(stream: io.StringIO, detail: str = "normal") -> str:
    with Progress(stream, detail) as progress:  # type: ignore[arg-type]
        for event in EVENTS:
            progress(event)
        assert progress.result_dir == "results/x"
    return stream.getvalue()


class TestPipe:
    def test_each_phase_is_a_plain_line(self) -> None:
        text = shown(io.StringIO())
        assert "\r" not in text
        assert "\x1b" not in text
        assert text.splitlines() == [
            "gpt2 on pytorch",
            "load: 1.5 s",
            "baseline: skipped, no sensor",
            "note: this is slow",
            "measure: 10.0 s",
        ]

    def test_quiet_says_nothing(self) -> None:
        assert shown(io.StringIO(), "quiet") == ""

    def test_verbose_gives_every_event_as_json(self) -> None:
        lines = shown(io.StringIO(), "verbose").splitlines()
        assert len(lines) == len(EVENTS)
        assert all(line.startswith('{"type":') for line in lines)


class TestTerminal:
    def test_a_bar_is_drawn_over_and_leaves_the_plain_line(self) -> None:
        text = shown(Terminal())
        assert "\r" in text
        assert "4/20 requests" in text
        assert "measure: 10.0 s\n" in text

    def test_nothing_is_coloured(self) -> None:
        assert not re.search("\x1b\\[[0-9;]*m", shown(Terminal()))
