"""Log records reach a person as lines and a program as JSON lines, and nothing is left behind."""

import io
import json
import logging
import warnings
from typing import Any

import llem
import pytest
from llem_cli.errors import report
from llem_cli.logs import Detail, Form, PrintedLines, event_line, logging_to
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
    # Not transformers or torch: once imported, they keep their records to handlers of their own.
    logging.getLogger("a_library").warning("this model\nis old")


def failed() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        logging.getLogger("a_library").exception("it broke")


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
        lines: list[str] = []
        print("one\ntwo", file=PrintedLines(lines.append))
        assert [json.loads(line)["text"] for line in lines] == ["one", "two"]

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
