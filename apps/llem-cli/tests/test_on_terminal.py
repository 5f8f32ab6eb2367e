"""A narrow terminal gets lines that fit, a pipe gets them whole; colour is sparing (CLI-08)."""

import io

import pytest
from llem_cli.on_terminal import coloured, fitted, fitted_to, in_colour

ROW = "Memory        1,024 MiB with the model loaded, 2,048 MiB at most"
WARNING = "  no_sensor: Energy was not measured: no sensor can be read here."
PATH = "Saved to results/a-very-long-name_of-a-model_2026-11-23T14-30-05"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestWidth:
    def test_a_row_goes_on_below_its_text(self) -> None:
        assert list(fitted([ROW], 45)) == [
            "Memory        1,024 MiB with the model",
            "              loaded, 2,048 MiB at most",
        ]

    def test_a_warning_goes_on_with_an_indent(self) -> None:
        assert list(fitted([WARNING], 40)) == [
            "  no_sensor: Energy was not measured: no",
            "    sensor can be read here.",
        ]

    def test_a_command_to_copy_stays_whole(self) -> None:
        line = "Next: llem run experiment.yaml --set n=3"
        assert list(fitted([line], 20)) == [line]

    def test_a_pipe_gets_lines_as_they_are(self) -> None:
        assert list(fitted_to(io.StringIO(), [ROW * 9])) == [ROW * 9]
        assert max(map(len, fitted_to(Terminal(), [ROW * 9]))) <= 80

    def test_a_path_stays_whole(self) -> None:
        assert list(fitted([PATH], 30))[-1].strip() == PATH.split()[-1]

    @pytest.mark.parametrize("columns", [20, 30, 50, 80, 120])
    def test_everything_that_has_blanks_fits_and_nothing_is_lost(self, columns: int) -> None:
        lines = ["gpt2 on pytorch, bf16, host: 8 requests in 2 passes, 10.0 s", "", ROW, WARNING]
        lines += [f"{'':14}`llem config` lists the meters, and why one cannot be used", PATH]
        narrow = list(fitted(lines, columns))
        assert all(len(line) <= columns or len(line.split()) == 1 for line in narrow)
        assert " ".join(narrow).split() == " ".join(lines).split()


class TestColour:
    def test_makes_labels_bold_and_codes_yellow(self) -> None:
        assert list(coloured([ROW, "Warnings", WARNING, PATH, ""])) == [
            f"\x1b[1mMemory\x1b[0m{ROW.removeprefix('Memory')}",
            "\x1b[1m\x1b[33mWarnings\x1b[0m",
            WARNING.replace("no_sensor:", "\x1b[33mno_sensor:\x1b[0m"),
            PATH,
            "",
        ]

    @pytest.mark.parametrize(
        ("stream", "environ", "wish", "expected"),
        [
            (Terminal(), {}, "auto", True),
            (Terminal(), {"NO_COLOR": ""}, "auto", True),
            (Terminal(), {"NO_COLOR": "1"}, "auto", False),
            (Terminal(), {"TERM": "dumb"}, "auto", False),
            (Terminal(), {}, "never", False),
            (io.StringIO(), {}, "auto", False),
        ],
        ids=["terminal", "empty NO_COLOR", "NO_COLOR", "dumb", "never", "pipe"],
    )
    def test_is_for_terminals_that_want_it(
        self, stream: io.StringIO, environ: dict[str, str], wish: str, expected: bool
    ) -> None:
        assert in_colour(stream, environ, wish) is expected
