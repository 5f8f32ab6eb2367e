"""Help is two columns that fit, for every command (CLI-01)."""

import io
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from llem_cli.app import app
from llem_cli.help_text import entry_lines
from rich.console import Console

COMMANDS = ("", "run", "config", "show", "measure", "--install-completion")
WORDS = st.lists(st.text("abc-", min_size=1, max_size=9), max_size=30).map(" ".join)


def help_of(command: str, columns: int) -> list[str]:
    """What `llem COMMAND --help` prints on a terminal of that width."""
    page = Console(file=io.StringIO(), width=columns)
    with page.capture() as captured:
        app.help_print(command.split(), console=page)
    return captured.get().splitlines()


class TestPage:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_fits_and_has_no_ragged_ends(self, command: str) -> None:
        lines = help_of(command, 80)
        assert lines[0].startswith("Usage: llem")
        assert all(len(line) <= 80 and line == line.rstrip() for line in lines)
        assert not any(pair == ("", "") for pair in pairwise(lines))

    def test_says_what_stands_on_the_right_in_a_column(self) -> None:
        lines = help_of("run", 80)
        at = lines.index(
            "  --model, -m STR       Hub id, folder, or a built-in shape with random weights"
        )
        assert lines[at + 1] == " " * 24 + "such as builtin:tiny."

    def test_names_the_choices(self) -> None:
        assert any(
            "[choices: bash, zsh, fish]" in line for line in help_of("--install-completion", 80)
        )

    def test_of_a_wide_terminal_has_longer_lines(self) -> None:
        assert len(help_of("run", 120)) < len(help_of("run", 60))

    def test_has_paragraphs(self) -> None:
        lines = help_of("measure", 80)
        assert lines[2] == "Measure the energy of any command."


class TestEntry:
    @given(
        label=st.text("abc-,", min_size=1, max_size=40), meaning=WORDS, columns=st.integers(1, 200)
    )
    def test_has_every_word_in_lines_that_fit(self, label: str, meaning: str, columns: int) -> None:
        lines = list(entry_lines(label, meaning, columns))
        assert " ".join(" ".join(lines).split()) == " ".join([label, *meaning.split()])
        assert all(len(line) <= max(40, columns) for line in lines[1:])

    def test_whose_label_is_long_begins_below_it(self) -> None:
        assert list(entry_lines("--a-label-that-is-very-long", "what", 80)) == [
            "  --a-label-that-is-very-long",
            " " * 24 + "what",
        ]
