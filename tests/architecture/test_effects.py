"""Nothing that can be set is without effect: each such thing names the test that sees it."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import requirement_map
from cyclopts import App
from llem_cli.app import app
from llem_schema import ExperimentConfig, LoraConfig, PyTorchConfig, UserConfig
from llem_study import VARIABLES
from pydantic import BaseModel

TABLES = tomllib.loads(Path(__file__).with_name("effects.toml").read_text(encoding="utf-8"))
VARIABLE = re.compile(r"LLEM_[A-Z_]+|NO_COLOR")
FOR_TESTS_ALONE = "llem-testing"


def flags(command: App, name: str) -> Iterator[str]:
    """Options of a command and of those below it, by their first long name.

    A command that itself looks like an option is one, too. `--help` is everywhere, and so is
    `--version`, of which the first is listed.
    """
    if command is app:
        yield from (f"{name} {flag}" for flag in command.version_flags)
    for below in command.resolved_commands():
        if below in (*command.help_flags, *command.version_flags):
            continue
        if below.startswith("-"):
            yield f"{name} {below}"
        yield from flags(command[below], f"{name} {below}")
    if command.default_command is None:
        return
    for argument in command.assemble_argument_collection():
        long = [option for option in argument.names if option.startswith("--")]
        if long:
            yield f"{name} {long[0]}"


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Dotted keys that hold a value of their own; sections that may be left out are walked, too."""
    for name, field in model.model_fields.items():
        kinds = get_args(field.annotation) or (field.annotation,)
        sections = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
        for section in sections:
            yield from fields(section, f"{prefix}{name}.")
        if not sections:
            yield prefix + name


def variables(packages: list[Any]) -> set[str]:
    """Names of variables that stand as texts in any source."""
    return {
        node.value
        for package in packages
        if package.folder.name != FOR_TESTS_ALONE
        for module in package.modules
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and VARIABLE.fullmatch(node.value)
    }


class TestFields:
    def test_of_sections_that_may_be_left_out_are_walked(self) -> None:
        assert {f"pytorch.{name}" for name in fields(PyTorchConfig)} < set(fields(ExperimentConfig))
        assert "pytorch" not in set(fields(ExperimentConfig))


class TestTables:
    def test_have_every_flag_of_every_command(self) -> None:
        assert set(flags(app, "llem")) == set(TABLES["flags"])

    def test_have_every_field_of_the_user_config(self) -> None:
        assert set(fields(UserConfig)) == set(TABLES["user_config"])

    def test_have_every_field_of_the_pytorch_section(self) -> None:
        assert set(fields(PyTorchConfig)) == set(TABLES["pytorch"]), (
            "name the test that sees the field arrive"
        )

    def test_have_every_field_of_an_adapter(self) -> None:
        assert set(fields(LoraConfig)) == set(TABLES["lora"])

    def test_have_every_variable(self, packages: list[Any]) -> None:
        assert variables(packages) == set(TABLES["variables"])

    def test_have_the_variables_that_llem_config_shows(self) -> None:
        assert set(VARIABLES) == set(TABLES["variables"])

    @pytest.mark.parametrize("table", TABLES)
    def test_name_tests_that_are_there(self, table: str, root: Path) -> None:
        missing = {
            name: test
            for name, test in TABLES[table].items()
            if not requirement_map.exists(test, root)
        }
        assert missing == {}
