"""An error is a sentence, a cure and an exit code; a traceback comes when asked (CLI-12, 13)."""

import llem
import pytest
from llem_cli.errors import report
from llem_schema import WindowRecord, result_from_json
from llem_testing import example_result
from pydantic import ValidationError


def invalid() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        llem.ExperimentConfig.model_validate({"model": "gpt2", "nn": 3})
    return caught.value


def faulty_record() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        WindowRecord.model_validate({})
    return caught.value


PROBLEMS = (
    llem.Problem(code="a", message="the model is not there", cure="Check its name."),
    llem.Problem(code="b", message="the disk is full", cure="Free it."),
)


class TestReport:
    @pytest.mark.parametrize(
        ("code", "error", "lines"),
        [
            (2, llem.ConfigError("no such key", cure="Try n."), ["llem: no such key", "  Try n."]),
            (2, invalid(), ["llem: the configuration is not valid:", "  nn: there is no such key"]),
            (
                1,
                llem.PreFlightError(PROBLEMS),
                [
                    "llem: this cannot run as it stands:",
                    "  - the model is not there",
                    "    Check its name.",
                    "  - the disk is full",
                    "    Free it.",
                ],
            ),
            (
                1,
                llem.PreFlightError(PROBLEMS[:1], PROBLEMS[1:]),
                [
                    "llem: this cannot run as it stands:",
                    "  - the model is not there",
                    "    Check its name.",
                    "To know beside it:",
                    "  - the disk is full",
                    "    Free it.",
                ],
            ),
            (1, llem.BackendError("it broke"), ["llem: it broke"]),
            (1, faulty_record(), ["llem: an error in llem itself: ValidationError"]),
            (1, ZeroDivisionError("oh"), ["llem: an error in llem itself: ZeroDivisionError: oh"]),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
    )
    def test_each_kind_has_its_lines_and_its_exit_code(
        self, code: int, error: Exception, lines: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert report(error, verbose=False) == code
        printed = capsys.readouterr()
        assert printed.out == ""
        shown = printed.err.splitlines()
        for line, start in zip(shown, lines, strict=False):
            assert line.startswith(start)
        assert len(shown) >= len(lines)

    def test_nothing_in_a_message_steers_the_terminal(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        report(llem.BackendError("it \x1b[31mbroke\rhere\nand there"), verbose=False)
        assert capsys.readouterr().err == "llem: it ?[31mbroke\nhere\nand there\n"

    def test_an_error_of_llem_itself_is_one_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        report(ValueError("one\ntwo"), verbose=False)
        first, cure = capsys.readouterr().err.splitlines()
        assert first == "llem: an error in llem itself: ValueError: one two"
        assert "--verbose" in cure

    @pytest.mark.parametrize("verbose", [False, True])
    def test_the_traceback_comes_when_asked(
        self, verbose: bool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        try:
            raise llem.BackendError("it broke")
        except llem.BackendError as error:
            report(error, verbose=verbose)
        assert ("Traceback" in capsys.readouterr().err) is verbose

    def test_a_result_that_could_be_written_nowhere_is_printed(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        error = llem.UnsavedResult("both disks are full", result=example_result())
        assert report(error, verbose=False) == 1
        printed = capsys.readouterr()
        assert result_from_json(printed.out) == example_result()
        assert printed.err == "llem: both disks are full\n"
