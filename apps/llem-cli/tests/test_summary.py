"""The summary says what a person needs, and calls what is missing missing."""

from llem_cli.summary import summary_lines
from llem_schema import ExperimentResult
from llem_testing import example_result, example_unmetered_result


def text(result: ExperimentResult) -> str:
    return "\n".join(summary_lines(result, "results/here"))


class TestMeasured:
    def test_energy_stands_with_its_uncertainty_and_its_source(self) -> None:
        result = example_result()
        (line,) = [line for line in text(result).splitlines() if line.startswith("Energy")]
        assert "±" in line
        assert "(k=2)" in line
        assert result.meter.name in line
        assert result.meter.method in line

    def test_all_the_facts_of_a_run_are_there(self) -> None:
        shown = text(example_result())
        for fact in (
            "per output token",
            "output tokens/s",
            "time to first token",
            "between tokens",
            "whole request",
            "p95",
            "FLOPs",
            "Memory",
            "padding",
        ):
            assert fact in shown
        assert shown.endswith("Saved to results/here")

    def test_every_warning_is_there(self) -> None:
        result = example_result()
        for warning in result.measurement_warnings:
            assert warning.message in text(result)

    def test_no_line_is_a_control_sequence(self) -> None:
        assert "\x1b" not in text(example_result())


class TestUnmetered:
    def test_the_energy_line_says_so_and_what_to_do(self) -> None:
        result = example_unmetered_result()
        shown = text(result)
        assert f"not measured: {result.not_measured['energy_total_j'].reason}" in shown
        assert "`llem config`" in shown
        assert " 0 J" not in shown
        assert "per output token" not in shown
