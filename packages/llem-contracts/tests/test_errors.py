"""Errors say what is wrong and carry what to do (CLI-13)."""

import inspect

import llem_contracts
import pytest
from llem_contracts import (
    CommandError,
    ConfigError,
    LlemError,
    MissingDependency,
    PluginError,
    PreFlightError,
    Problem,
)

PUBLIC = [getattr(llem_contracts, name) for name in llem_contracts.__all__]
ERRORS = [value for value in PUBLIC if inspect.isclass(value) and issubclass(value, Exception)]


class TestEveryError:
    @pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
    def test_derives_from_the_one_base(self, error: type[Exception]) -> None:
        assert issubclass(error, LlemError)

    def test_the_named_ones_are_there(self) -> None:
        assert {
            "LlemError",
            "ConfigError",
            "BackendError",
            "PreFlightError",
            "ExperimentError",
            "StudyError",
            "NotSupported",
        } <= {error.__name__ for error in ERRORS}

    def test_message_and_cure_are_apart(self) -> None:
        error = LlemError("the disk is full", cure="Free some space.")
        assert (str(error), error.cure) == ("the disk is full", "Free some space.")

    def test_cure_may_be_absent(self) -> None:
        assert LlemError("the disk is full").cure is None


class TestConfigError:
    @pytest.mark.parametrize(
        ("place", "text"),
        [
            ({}, "no such key"),
            ({"file": "a.yaml"}, "a.yaml: no such key"),
            ({"file": "a.yaml", "line": 3}, "a.yaml:3: no such key"),
            ({"file": "a.yaml", "line": 3, "column": 7}, "a.yaml:3:7: no such key"),
        ],
    )
    def test_message_begins_with_the_place(self, place: dict[str, object], text: str) -> None:
        error = ConfigError("no such key", **place)  # type: ignore[arg-type]
        assert str(error) == text
        assert (error.file, error.line, error.column) == (
            place.get("file"),
            place.get("line"),
            place.get("column"),
        )


class TestPreFlightError:
    def test_tells_of_all_problems_at_once(self) -> None:
        problems = [
            Problem(code="model_not_found", message="there is no model", cure="Check the name."),
            Problem(code="disk_full", message="the disk is full", cure="Free some space."),
        ]
        error = PreFlightError(problems)
        assert str(error) == "there is no model; the disk is full"
        assert error.problems == tuple(problems)

    def test_problem_stands_in_the_way_unless_it_says_otherwise(self) -> None:
        assert Problem(code="a", message="b", cure="c").blocking


class TestMissingDependency:
    def test_is_a_plugin_error_whose_cure_is_the_install_command(self) -> None:
        error = MissingDependency("zeus", needed_by="the meter", install_hint="pip install zeus")
        assert isinstance(error, PluginError)
        assert str(error) == "the meter needs the package zeus, which is not installed"
        assert error.cure == "pip install zeus"


class TestCommandError:
    def test_carries_the_exit_code_of_a_shell(self) -> None:
        error = CommandError("cannot start 'x'", exit_code=127, cure="Check the name.")
        assert (str(error), error.exit_code, error.cure) == (
            "cannot start 'x'",
            127,
            "Check the name.",
        )
