"""Log records reach a person as lines and a program as JSON lines, and nothing is left behind."""

import io
import json
import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any

import llem
import pytest
from llem_cli.errors import report
from llem_cli.logs import Detail, Form, event_line, logging_to, printing_to
from llem_cli.progress import Progress
from llem_contracts import Notice, PhaseFinished
from llem_harness import logger


def told(form: Form, detail: Detail, speak: Any) -> list[str]:
    lines: list[str] = []
    with logging_to(lines.append, form, detail):
        speak()
    return lines


def ours() -> None:
    logger("llem_harness.x").debug("looked", file="a.json", age_s=2.5)


def warned() -> None:
    logging.getLogger("a_library").warning("this model\nis old")


def failed() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        logging.getLogger("a_library").exception("it broke")


def keeps_to_itself() -> None:
    """As transformers and torch do once they are imported."""
    library = logging.Logger("a_library")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("[%(name)s] %(message)s"))
    library.addHandler(handler)
    library.warning("this is old")


def printed(form: Form, speak: Callable[[], object]) -> list[str]:
    lines: list[str] = []
    with printing_to(lines.append, form, sys.__stderr__):
        speak()
    return lines


class TestPerson:
    def test_reads_level_package_words_and_fields(self) -> None:
        assert told("human", "verbose", ours) == [
            "debug: llem_harness: looked (file=a.json age_s=2.5)"
        ]

    def test_reads_what_a_library_warns_of_in_one_line(self) -> None:
        assert told("human", "normal", warned) == ["warning: a_library: this model is old"]

    def test_reads_pythons_warnings(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            (line,) = told("human", "normal", lambda: warnings.warn("odd", stacklevel=1))
        assert line.startswith("warning: py:")
        assert "odd" in line

    @pytest.mark.parametrize(
        ("detail", "speak"), [("normal", ours), ("quiet", ours), ("quiet", warned)]
    )
    def test_is_spared_what_was_not_asked_for(self, detail: Detail, speak: Any) -> None:
        assert told("human", detail, speak) == []

    def test_reads_what_libraries_print_line_by_line(self) -> None:
        def speak() -> None:
            sys.stdout.write("one \x1b[31mred\n")
            sys.stderr.write("two\n")
            sys.stderr.write("a bar 1/2\ra bar 2/2")

        assert printed("human", speak) == ["one ?[31mred", "two", "a bar 2/2"]

    def test_reads_of_a_bar_what_it_says_in_the_end(self) -> None:
        assert printed("human", lambda: sys.stderr.write("\r1/2\r2/2\r\n\n")) == ["2/2"]


class TestStream:
    """What stands in the place of stdout and stderr."""

    def test_is_what_a_library_expects_of_it(self) -> None:
        def speak() -> None:
            assert sys.stdout.fileno() == sys.__stderr__.fileno()
            assert sys.stderr.encoding == sys.__stderr__.encoding
            assert not sys.stderr.isatty()

        assert printed("human", speak) == []


class TestProgram:
    def test_reads_timestamp_level_event_and_fields(self) -> None:
        (line,) = told("json", "verbose", ours)
        document = json.loads(line)
        assert document.pop("timestamp").endswith("Z")
        assert document == {
            "level": "debug",
            "event": "looked",
            "logger": "llem_harness.x",
            "file": "a.json",
            "age_s": 2.5,
        }

    def test_reads_a_traceback_as_a_field(self) -> None:
        (line,) = told("json", "quiet", failed)
        assert "ValueError: no" in json.loads(line)["exception"]

    def test_reads_events_by_their_type(self) -> None:
        stream = io.StringIO()
        progress = Progress(stream, "normal", form="json")
        progress(PhaseFinished(phase="load", duration_s=1.5))
        document = json.loads(stream.getvalue())
        assert (document["level"], document["event"]) == ("info", "phase_finished")
        assert (document["phase"], document["duration_s"]) == ("load", 1.5)
        assert json.loads(event_line(Notice(code="c", message="m")))["level"] == "warning"

    def test_reads_what_libraries_print(self) -> None:
        lines = printed("json", lambda: sys.stdout.write("one\ntwo\n"))
        assert [json.loads(line)["text"] for line in lines] == ["one", "two"]

    def test_reads_records_that_a_library_keeps_to_its_own_handler(self) -> None:
        (line,) = printed("json", keeps_to_itself)
        document = json.loads(line)
        assert (document["event"], document["text"]) == ("printed", "[a_library] this is old")

    @pytest.mark.parametrize(
        ("error", "fields"),
        [
            (llem.ConfigError("no", cure="Do."), {"message": "no", "cure": "Do."}),
            (
                llem.PreFlightError([llem.Problem(code="c", message="m", cure="Do.")]),
                {"problems": [{"code": "c", "message": "m", "cure": "Do.", "blocking": True}]},
            ),
            (ZeroDivisionError("oh"), {"error": "ZeroDivisionError"}),
        ],
        ids=["config", "preflight", "fault"],
    )
    def test_reads_an_error_as_one_line(
        self, error: Exception, fields: dict[str, Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        report(error, verbose=True, as_json=True)
        document = json.loads(capsys.readouterr().err)
        assert (document["level"], document["event"]) == ("error", "failed")
        assert fields.items() <= document.items()


class TestAfterwards:
    def test_everything_is_as_it_was(self) -> None:
        def state() -> tuple[Any, ...]:
            root = logging.getLogger()
            level = logging.getLogger("llem_harness").level
            return root.level, list(root.handlers), level, warnings.showwarning

        before = state()
        told("json", "verbose", ours)
        assert state() == before
