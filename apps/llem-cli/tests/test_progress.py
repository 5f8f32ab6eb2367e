"""Progress: live on a terminal, plain in a pipe, nothing when quiet."""

import io
import re
import threading
import time
from contextlib import suppress

import llem
import pytest
from llem_cli.progress import Progress
from llem_testing.screen import Screen


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True


def screen_after(written: str) -> tuple[str, ...]:
    """What a terminal of 80 columns shows in the end."""
    screen = Screen(80, 24)
    screen.feed(written.replace("\n", "\r\n").encode())
    return screen.lines


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

    def test_a_reason_is_told_once(self) -> None:
        stream = io.StringIO()
        with Progress(stream, "normal") as progress:
            for phase, reason in (
                ("baseline", "no sensor reads"),
                ("heat", "there is nothing to settle (no sensor reads)"),
                ("prefill", "no sensor reads"),
                ("latency", "it is not asked for"),
            ):
                progress(llem.PhaseSkipped(phase=phase, reason=reason))
        assert stream.getvalue().splitlines() == [
            "baseline: skipped, no sensor reads",
            "heat: skipped, there is nothing to settle",
            "prefill: skipped, for the same reason",
            "latency: skipped, it is not asked for",
        ]

    def test_quiet_says_nothing(self) -> None:
        assert shown(io.StringIO(), "quiet") == ""

    def test_verbose_has_a_line_for_every_event(self) -> None:
        assert shown(io.StringIO(), "verbose").splitlines() == [
            "gpt2 on pytorch",
            "load: begins",
            "load: 1.5 s",
            "baseline: skipped, no sensor",
            "measure: begins, 10 requests",
            "measure: 4 of 20 requests",
            "note: this is slow",
            "measure: 10.0 s",
            "saved: results/x",
        ]

    def test_a_reader_that_went_away_does_not_end_the_run(self) -> None:
        class Broken(io.StringIO):
            def write(self, text: str) -> int:
                raise BrokenPipeError

        assert shown(Broken()) == ""


class TestTerminal:
    def test_what_is_done_stays_and_the_bar_goes(self) -> None:
        assert screen_after(shown(Terminal())) == (
            "gpt2 on pytorch",
            "load: 1.5 s",
            "baseline: skipped, no sensor",
            "note: this is slow",
            "measure: 10.0 s",
        )

    def test_the_bar_is_below_a_note_that_comes_meanwhile(self) -> None:
        stream = Terminal()
        with Progress(stream, "normal", lambda: 80) as progress:
            progress(llem.PhaseStarted(phase="measure", total=20, unit="requests"))
            progress(llem.Notice(code="slow", message="this is slow"))
            assert screen_after(stream.getvalue()) == (
                "note: this is slow",
                "measure:                          0/20 requests [00:00<?]",
            )

    def test_an_interruption_leaves_no_bar(self) -> None:
        stream = Terminal()
        with suppress(KeyboardInterrupt), Progress(stream, "normal", lambda: 40) as progress:
            progress(llem.PhaseStarted(phase="measure", total=10, unit="requests"))
            stream.write("^C")  # as the terminal does
            raise KeyboardInterrupt
        assert screen_after(stream.getvalue()) == ("",)

    def test_the_width_is_asked_for_each_time(self) -> None:
        widths = iter([80, 26])
        stream = Terminal()
        with Progress(stream, "normal", lambda: next(widths)) as progress:
            progress(llem.PhaseStarted(phase="measure", total=10, unit="requests"))
            progress(llem.PhaseProgress(phase="measure", completed=5))
        assert stream.getvalue().split("\r\x1b[K")[1:] == [
            f"measure: {'':24} 0/10 requests [00:00<?]",
            "measure: 5/10",
            "",
        ]

    def test_a_stream_without_unicode_gets_ascii(self) -> None:
        stream = Terminal(encoding="ascii")
        shown(stream)
        assert stream.getvalue().isascii()

    def test_a_terminal_that_cannot_go_back_gets_plain_lines(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TERM", "dumb")
        assert shown(Terminal()) == shown(io.StringIO())

    def test_one_that_was_closed_does_not_end_the_run(self) -> None:
        class Closed(Terminal):
            def write(self, text: str) -> int:
                raise OSError("Input/output error")

        assert shown(Closed()) == ""

    def test_nothing_is_coloured(self) -> None:
        assert not re.search("\x1b\\[[0-9;]*m", shown(Terminal()))


def spinners() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "spinner"]


class TestSpinner:
    def test_it_turns_while_nothing_is_told_and_ends_with_its_phase(self) -> None:
        stream = Terminal()
        with Progress(stream, "normal", lambda: 80) as progress:
            progress(llem.PhaseStarted(phase="load"))
            while len(set(re.findall("load: (.) ", stream.getvalue()))) < 2:
                time.sleep(0.01)
            progress(llem.PhaseFinished(phase="load", duration_s=0.3))
            assert spinners() == []
        assert screen_after(stream.getvalue()) == ("load: 0.3 s",)

    def test_none_turns_beside_what_is_measured(self) -> None:
        with Progress(Terminal(), "normal", lambda: 80) as progress:
            progress(llem.PhaseStarted(phase="measure", total=10, unit="requests"))
            assert spinners() == []

    def test_no_thread_is_left_after_an_error(self) -> None:
        with suppress(KeyboardInterrupt), Progress(Terminal(), "normal") as progress:
            progress(llem.PhaseStarted(phase="load"))
            raise KeyboardInterrupt
        assert spinners() == []
