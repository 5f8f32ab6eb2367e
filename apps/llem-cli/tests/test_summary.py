"""The summary says what a person needs, and calls what is missing missing."""

from llem_cli.summary import summary_lines
from llem_schema import ENERGY_ESTIMATED, ExperimentResult, MeasurementWarning, NotMeasured
from llem_testing import example_result, example_unmetered_result


def text(result: ExperimentResult) -> str:
    return "\n".join(summary_lines(result, "results/here"))


def lines_of(result: ExperimentResult, label: str) -> list[str]:
    return [line for line in text(result).splitlines() if line.startswith(label)]


class TestMeasured:
    def test_energy_stands_with_its_uncertainty_and_its_source(self) -> None:
        result = example_result()
        (line,) = [line for line in text(result).splitlines() if line.startswith("Energy")]
        assert "±" in line
        assert "(k=2)" in line
        assert result.meter.name in line
        assert result.meter.method in line

    def test_each_figure_in_joules_has_its_uncertainty(self) -> None:
        result = example_result()
        shown = text(result)
        energy = shown[shown.index("Energy") : shown.index("Host")].splitlines()
        assert all("±" in line for line in energy)
        assert result.energy_uncertainty_j is not None
        per_token_j = result.energy_uncertainty_j / result.output_tokens
        assert f"± {per_token_j:.3g} J (k=2) per output token" in shown

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
            "s in all, ",
            "padding",
        ):
            assert fact in shown
        assert shown.endswith("Saved to results/here")

    def test_throughput_has_its_interval_where_there_is_one(self) -> None:
        (line,) = lines_of(example_result(), "Throughput")
        assert line.endswith("16.0 output tokens/s (15.7 to 16.3)")
        (bare,) = lines_of(example_result(output_tokens_per_s_interval=None), "Throughput")
        assert bare.endswith("16.0 output tokens/s")

    def test_flops_name_the_parameters_that_they_are_twice_of(self) -> None:
        def line(**counts: int | float | None) -> str:
            whole = example_result()
            assert whole.flops is not None
            flops = whole.flops.model_copy(update=counts)
            (found,) = lines_of(whole.model_copy(update={"flops": flops}), "FLOPs")
            return found

        dense = line(parameters_non_embedding=50, parameters_active=50, mfu=0.123)
        assert "2 x 50 non-embedding parameters x tokens" in dense
        assert dense.endswith("; 12.3% of the devices' peak, attention and head included")
        mixture = line(parameters_non_embedding=50, parameters_active=20, mfu=None)
        assert "2 x 20 active non-embedding parameters x tokens" in mixture
        assert "peak" not in mixture
        total = line(parameters_non_embedding=None, parameters_active=70, mfu=None)
        assert "2 x 70 parameters, embeddings included, x tokens" in total

    def test_emissions_stand_beside_the_energy_where_an_intensity_was_given(self) -> None:
        (line,) = lines_of(example_result(), "Emissions")
        assert line.endswith("400 g/kWh from the environment, PUE 1.2 from the user config")
        assert not lines_of(example_result(carbon=None), "Emissions")

    def test_every_warning_is_there(self) -> None:
        result = example_result()
        for warning in result.measurement_warnings:
            assert warning.message in text(result)

    def test_no_line_is_a_control_sequence(self) -> None:
        assert "\x1b" not in text(example_result())


class TestHost:
    def test_stands_beside_the_accelerators_with_its_parts(self) -> None:
        (line,) = lines_of(example_result(), "Host")
        assert line.split(maxsplit=1)[1] == (
            "92 J ± 4.9 J (k=2) beside it, rapl (package-0 80 J, dram-0 12 J)"
        )

    def test_that_was_not_measured_says_why_unless_nobody_wanted_it(self) -> None:
        whole = example_result()
        meter = whole.meter.model_copy(update={"host": None})

        def without(code: str) -> ExperimentResult:
            why = NotMeasured(code=code, reason="only root may (Run `chmod`)")
            reasons = {**whole.not_measured, "energy_host_j": why}
            return example_result(energy_host_j=None, meter=meter, not_measured=reasons)

        (line,) = lines_of(without("no_sensor"), "Host")
        assert line.endswith("not measured: only root may (Run `chmod`)")
        assert lines_of(without("not_requested"), "Host") == []

    def test_of_a_run_on_the_cpu_is_not_told_twice(self) -> None:
        meter = example_result().meter.model_copy(update={"devices": ("host",)})
        assert lines_of(example_result(meter=meter), "Host") == []


class TestEstimate:
    def test_is_called_one_on_every_line_with_joules(self) -> None:
        meter = example_result().meter.model_copy(update={"flags": (ENERGY_ESTIMATED,)})
        shown = text(example_result(meter=meter))
        energy = shown[shown.index("Energy") : shown.index("Host")].splitlines()
        assert len(energy) == 3
        assert all("estimate" in line for line in energy)

    def test_of_any_energy_that_emissions_count_makes_them_one(self) -> None:
        meter = example_result().meter
        assert meter.host is not None
        host = meter.host.model_copy(update={"flags": (ENERGY_ESTIMATED,)})
        for estimated in ({"flags": (ENERGY_ESTIMATED,)}, {"host": host}):
            (line,) = lines_of(
                example_result(meter=meter.model_copy(update=estimated)), "Emissions"
            )
            assert line.split(maxsplit=1)[1].startswith("an estimate, not a measurement: ")

    def test_is_no_word_for_what_was_measured(self) -> None:
        assert "estimate" not in text(example_result())


class TestUnmetered:
    def test_the_energy_line_says_so_and_what_to_do(self) -> None:
        result = example_unmetered_result()
        shown = text(result)
        assert f"not measured: {result.not_measured['energy_total_j'].reason}" in shown
        assert "`llem config`" in shown
        assert " 0 J" not in shown
        assert "per output token" not in shown

    def test_the_reason_stands_once(self) -> None:
        result = example_unmetered_result()
        reason = result.not_measured["energy_total_j"].reason
        warning = MeasurementWarning(
            code="no_sensor", message=f"Energy was not measured: {reason}."
        )
        shown = text(result.model_copy(update={"measurement_warnings": (warning,)}))
        assert shown.count(reason) == 1
        assert "  no_sensor: Energy was not measured: see above.\n" in shown
