"""The energy part of a result: gross, adjusted, ratios, and reasons for gaps."""

import math

import pytest
from llem_harness.baseline import Baseline
from llem_harness.energy import EnergyFigures, energy_figures
from llem_schema import (
    DeviceReading,
    EnergyReading,
    FrozenDict,
    NotMeasured,
)
from llem_testing import example_baseline

NO_BASELINE = Baseline(None, NotMeasured(code="not_requested", reason="off"))


def baseline(power_w: float) -> Baseline:
    bare = example_baseline(power_w, standard_error_w=0.1)
    return Baseline(bare, None, example_baseline(1.2 * power_w, kind="resident"))


def reading(*joules: float | None, gain: float = 3.0) -> EnergyReading:
    known = [j for j in joules if j is not None]
    complete = len(known) == len(joules)
    return EnergyReading(
        name="measured",
        start_ns=0,
        end_ns=10_000_000_000,
        duration_s=10.0,
        energy_j=sum(known) if complete else None,
        uncertainty_j=8.0 if complete else None,
        comparison_uncertainty_j=2.0 if complete else None,
        mean_power_w=None,
        peak_power_w=None,
        method="counter_edges",
        scope="gpu",
        code=None if complete else "sensor_failed",
        reason=None if complete else "the GPU was lost",
        devices=tuple(
            DeviceReading(
                uuid=f"GPU-{index}",
                energy_j=value,
                method="counter_edges",
                scope="gpu",
                mean_power_w=None,
                peak_power_w=None,
                terms=FrozenDict({"gain": gain}),
            )
            for index, value in enumerate(joules)
        ),
    )


def figures(energy: EnergyReading, idle: Baseline) -> EnergyFigures:
    return energy_figures(energy, idle, None, input_tokens=300, output_tokens=100, requests=4)


class TestMeasured:
    def test_the_adjusted_energy_is_gross_less_idle_power_times_the_window(self) -> None:
        result = figures(reading(1000.0), baseline(40.0))
        assert result.energy_total_j == 1000.0
        assert result.energy_adjusted_j == 600.0
        assert result.energy_breakdown is not None
        assert result.energy_breakdown.baseline_share == 0.4

    def test_the_breakdown_has_gross_idle_and_net_and_where_the_idle_power_is_from(self) -> None:
        idle = baseline(40.0)
        breakdown = figures(reading(1000.0), idle).energy_breakdown
        assert breakdown is not None
        assert (breakdown.raw_j, breakdown.baseline_j, breakdown.adjusted_j) == (1000, 400, 600)
        assert breakdown.baseline == idle.record

    def test_the_ratios_use_useful_tokens(self) -> None:
        result = figures(reading(1000.0), baseline(40.0))
        assert result.energy_per_output_token_j == 10.0
        assert result.energy_per_total_token_j == 2.5
        assert result.energy_per_request_j == 250.0

    def test_a_negative_difference_is_kept(self) -> None:
        assert figures(reading(1000.0), baseline(120.0)).energy_adjusted_j == -200.0

    def test_each_device_has_its_joules_and_boards_err_independently(self) -> None:
        result = figures(reading(600.0, 400.0, gain=3.0), baseline(40.0))
        assert result.energy_per_device_j == {"GPU-0": 600.0, "GPU-1": 400.0}
        assert result.energy_breakdown is not None
        assert result.energy_breakdown.terms["gain"] == pytest.approx(18**0.5)

    def test_nothing_is_missing(self) -> None:
        assert figures(reading(1000.0), baseline(40.0)).missing == {}


class TestMissing:
    def test_the_adjusted_energy_is_as_uncertain_as_both_of_its_parts(self) -> None:
        breakdown = figures(reading(1000.0, gain=3.0), baseline(40.0)).energy_breakdown
        gross_j = reading(1000.0, gain=3.0).uncertainty_j
        assert breakdown.adjusted_uncertainty_j == pytest.approx(math.hypot(gross_j, 2 * 10 * 0.1))

    def test_the_resident_power_stands_beside_the_bare_one(self) -> None:
        breakdown = figures(reading(1000.0), baseline(40.0)).energy_breakdown
        assert breakdown.resident.kind == "resident"
        assert breakdown.resident_share == pytest.approx(0.48)

    def test_without_a_baseline_the_adjusted_figures_say_why(self) -> None:
        result = figures(reading(1000.0), NO_BASELINE)
        assert result.energy_total_j == 1000.0
        assert result.energy_adjusted_j is None
        assert result.missing["energy_adjusted_j"].code == "not_requested"
        assert result.missing["baseline_power_w"].code == "not_requested"
        assert result.missing["energy_breakdown.baseline"].code == "not_requested"

    def test_without_a_sensor_the_choice_of_the_meter_says_why(self) -> None:
        why = NotMeasured(code="no_sensor", reason="nvml: no driver")
        result = energy_figures(
            reading(None), NO_BASELINE, why, input_tokens=1, output_tokens=1, requests=1
        )
        assert result.missing["energy_total_j"] == why

    def test_one_lost_device_leaves_no_total_and_the_sensors_reason(self) -> None:
        result = figures(reading(600.0, None), baseline(40.0))
        assert result.energy_total_j is None
        assert result.energy_per_output_token_j is None
        assert result.missing["energy_total_j"].reason == "the GPU was lost"
        assert result.baseline_power_w == 40.0
