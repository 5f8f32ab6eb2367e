"""Emissions: energy times what was configured, and nothing where nothing was."""

import pytest
from llem_harness.carbon import CarbonFigures, EnergyShare, carbon_figures
from llem_schema import FrozenDict, NotMeasured, RunSettings

GPUS = EnergyShare("accelerators", 3.0e6, 3.0e5)
HOST = EnergyShare("host", 0.6e6, 4.0e5)
CONFIGURED = RunSettings(
    carbon_intensity_g_per_kwh=400.0,
    pue=1.5,
    origins=FrozenDict({"carbon_intensity_g_per_kwh": "environment", "pue": "user config"}),
)


def figures(
    settings: RunSettings, *shares: EnergyShare, no_energy: NotMeasured | None = None
) -> CarbonFigures:
    return carbon_figures(settings, shares, no_energy, output_tokens=100)


class TestRecord:
    def test_is_the_energy_of_all_parts_times_intensity_and_pue(self) -> None:
        record = figures(CONFIGURED, GPUS, HOST).record
        assert record is not None
        assert record.energy_j == 3.6e6  # one kilowatt-hour
        assert record.emissions_g == pytest.approx(600.0)
        assert record.emissions_per_output_token_g == pytest.approx(6.0)
        assert record.emissions_uncertainty_g == pytest.approx(0.5e6 / 3.6e6 * 600.0)
        assert record.counted == ("accelerators", "host")
        assert (record.intensity_source, record.pue_source) == ("environment", "user config")

    def test_assumes_no_pue_and_says_so(self) -> None:
        found = figures(RunSettings(carbon_intensity_g_per_kwh=400.0), HOST)
        assert found.record is not None
        assert found.record.emissions_g == pytest.approx(0.6 / 3.6 * 400.0)
        assert found.record.pue is None
        assert set(found.missing) == {"carbon.pue", "carbon.pue_source"}

    def test_states_no_uncertainty_where_a_meter_states_none(self) -> None:
        found = figures(CONFIGURED, GPUS, EnergyShare("host", 1.0, None))
        assert found.record is not None
        assert found.record.emissions_uncertainty_g is None
        assert found.missing["carbon.emissions_uncertainty_g"].code == "not_stated"

    def test_an_intensity_of_zero_is_a_figure(self) -> None:
        record = figures(RunSettings(carbon_intensity_g_per_kwh=0.0), HOST).record
        assert record is not None
        assert record.emissions_g == 0.0


class TestNone:
    def test_without_an_intensity_there_is_none_and_the_reason_names_the_variable(self) -> None:
        found = figures(RunSettings(pue=1.5), GPUS)
        assert found.record is None
        assert found.missing["carbon"].code == "not_requested"
        assert "LLEM_CARBON_INTENSITY" in found.missing["carbon"].reason

    def test_without_energy_there_is_none_for_the_reason_of_the_energy(self) -> None:
        why = NotMeasured(code="no_sensor", reason="nothing can be read")
        assert figures(CONFIGURED, no_energy=why) == CarbonFigures(None, {"carbon": why})
