"""Emissions from energy, where the run's settings give an intensity. No joule knows of them."""

import math
from dataclasses import dataclass

from llem_schema import CarbonRecord, NotMeasured, RunSettings

_J_PER_KWH = 3.6e6


@dataclass(frozen=True)
class EnergyShare:
    """The gross energy of a part of the machine."""

    whose: str
    """`accelerators` or `host`."""
    energy_j: float
    uncertainty_j: float | None
    """Expanded, k = 2."""


@dataclass(frozen=True)
class CarbonFigures:
    """The record, or why there is none; `missing` explains every None in it, too."""

    record: CarbonRecord | None
    missing: dict[str, NotMeasured]


def carbon_figures(
    settings: RunSettings,
    shares: tuple[EnergyShare, ...],
    no_energy: NotMeasured | None,
    *,
    output_tokens: int,
) -> CarbonFigures:
    """Grams of CO2 equivalent of the shares together.

    `no_energy`: why the run has no gross energy, where it has none.
    """
    intensity = settings.carbon_intensity_g_per_kwh
    if intensity is None:
        why = NotMeasured(
            code="not_requested",
            reason="no carbon intensity is given: LLEM_CARBON_INTENSITY, or "
            "`measurement.carbon_intensity_g_per_kwh` in the user config, in g/kWh",
        )
        return CarbonFigures(None, {"carbon": why})
    if no_energy is not None:
        return CarbonFigures(None, {"carbon": no_energy})
    energy_j = sum(share.energy_j for share in shares)
    g_per_j = intensity * (1.0 if settings.pue is None else settings.pue) / _J_PER_KWH
    uncertainties = [share.uncertainty_j for share in shares]
    known = [value for value in uncertainties if value is not None]
    within_j = math.hypot(*known) if len(known) == len(uncertainties) else None
    missing: dict[str, NotMeasured] = {}
    if within_j is None:
        missing["carbon.emissions_uncertainty_g"] = NotMeasured(
            code="not_stated", reason="a meter states no uncertainty for its energy"
        )
    if settings.pue is None:
        none_given = NotMeasured(
            code="not_requested",
            reason="no PUE is given, so the energy of the devices alone is counted",
        )
        missing |= {"carbon.pue": none_given, "carbon.pue_source": none_given}
    record = CarbonRecord(
        emissions_g=energy_j * g_per_j,
        emissions_uncertainty_g=None if within_j is None else within_j * g_per_j,
        emissions_per_output_token_g=energy_j * g_per_j / output_tokens,
        energy_j=energy_j,
        counted=tuple(share.whose for share in shares),
        intensity_g_per_kwh=intensity,
        intensity_source=settings.origins.get("carbon_intensity_g_per_kwh", "caller"),
        pue=settings.pue,
        pue_source=None if settings.pue is None else settings.origins.get("pue", "caller"),
    )
    return CarbonFigures(record, missing)
