"""The reference pages are what the code says, and no code is without advice (CFG-26)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import reference_cli
import write_reference
from llem_cli.app import app
from llem_schema import ExperimentConfig, UserConfig, known_keys
from llem_schema.codes import NOT_MEASURED_CODES, PROBLEM_CODES, WARNING_CODES
from workspace import ROOT, packages

PAGES = ROOT / "docs" / "reference"
HOW_TO_UPDATE = "run `python tools/write_reference.py` and commit what it writes"
VARIABLE = re.compile(r"\b(?:LLEM|HF)_[A-Z_]+\b|\bNO_COLOR\b|\bCUDA_VISIBLE_DEVICES\b")
ADVICE = {
    "Warnings of a result": WARNING_CODES,
    "Problems before a run": PROBLEM_CODES,
    "Missing figures": NOT_MEASURED_CODES,
}


def page(name: str) -> str:
    return (PAGES / name).read_text(encoding="utf-8")


def sections(text: str, level: int = 2) -> dict[str, str]:
    """What stands under each heading of a level."""
    _, *parts = re.split(rf"^{'#' * level} (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def first_cells(text: str) -> list[str]:
    """The code-formatted first cell of each row of the tables in a text."""
    return re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)


class TestPages:
    def test_are_what_the_code_says(self, tmp_path: Path) -> None:
        tool = ROOT / "tools" / "write_reference.py"
        subprocess.run([sys.executable, tool, tmp_path], check=True, capture_output=True)
        written = {file.name: file.read_text() for file in tmp_path.iterdir()}
        assert written == {file.name: file.read_text() for file in PAGES.iterdir()}, HOW_TO_UPDATE
        assert written == write_reference.pages()


class TestConfiguration:
    def test_has_every_key_of_an_experiment_and_of_the_user_config(self) -> None:
        of_experiment, of_user = page("configuration.md").split("## User config")
        for model, text in ((ExperimentConfig, of_experiment), (UserConfig, of_user)):
            keys = {key for key in known_keys(model) if not key.startswith("extension")}
            inner = {
                f"{title.strip('`')}.{key}"
                for title, table in sections(text, level=3).items()
                for key in first_cells(table)
            }
            assert {key for key in keys if "." in key} == inner
        top = sections(of_experiment)["Experiment"].partition("\n### ")[0]
        assert set(first_cells(top)) == {
            name for name in ExperimentConfig.model_fields if name != "extension"
        }

    def test_says_type_default_and_bounds(self) -> None:
        rows = page("configuration.md").splitlines()
        assert any(row.startswith("| `n` | whole number at least 1 | `100` |") for row in rows)
        assert any(row.startswith("| `top_p` | number above 0 and at most 1 |") for row in rows)
        assert any(row.startswith("| `model` | text | needed |") for row in rows)

    def test_leaves_no_meaning_out(self) -> None:
        assert [
            line for line in page("configuration.md").splitlines() if line.endswith("|  |")
        ] == []


class TestCommandLine:
    def test_has_every_command_and_every_argument_with_its_help(self) -> None:
        found = sections(page("command-line.md"))
        for name in app:
            if name in ("--help", "-h", "--version"):
                continue
            arguments = app[name].assemble_argument_collection(parse_docstring=True)
            assert arguments
            for argument in arguments:
                assert f"`{argument.names[0]}`" in found[f"llem {name}"]
                assert argument.parameter.help, f"llem {name}: {argument.names[0]} has no help"

    def test_has_every_variable_that_a_source_names(self) -> None:
        sources = [
            file
            for package in packages()
            if package.name != "llem-testing"
            for file in (package.folder / "src").rglob("*.py")
        ]
        named = {name for file in sources for name in VARIABLE.findall(file.read_text())}
        told = first_cells(sections(page("command-line.md"))["Environment variables"])
        assert set(told) == named
        assert told == sorted({*reference_cli.VARIABLES, *reference_cli.OF_OTHERS})


class TestTroubleshooting:
    @pytest.mark.parametrize("title", ADVICE)
    def test_has_advice_for_every_code_and_for_no_other(self, title: str) -> None:
        text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
        told = first_cells(sections(text)[title])
        assert len(told) == len(set(told))
        assert set(told) == ADVICE[title].keys()

    def test_has_an_answer_in_every_row(self) -> None:
        text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
        rows = [line for line in text.splitlines() if line.startswith("| `")]
        assert [row for row in rows if not re.fullmatch(r"\| `\w+` \| \S.{9,} \|", row)] == []


class TestWarnings:
    def test_each_has_its_place_in_the_page_on_how_to_read_them(self) -> None:
        text = (ROOT / "docs" / "how-to" / "interpret-warnings.md").read_text(encoding="utf-8")
        rows = [line for line in text.splitlines() if line.startswith("| ")]
        told = [code for row in rows for code in re.findall(r"`(\w+)`", row)]
        assert sorted(told) == sorted(WARNING_CODES)
