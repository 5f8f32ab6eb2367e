"""The energy part of a result, with a reason for each figure that is missing."""

import math
from dataclasses import dataclass, field

from llem_schema import (
    BaselineRecord,
    EnergyBreakdown,
    EnergyReading,
    FrozenDict,
    NotMeasured,
    PhaseEnergy,
)

from llem_harness.baseline import Baseline

_FEW = 2


@dataclass(frozen=True)
class EnergyFigures:
    """Top-level energy fields; `missing` explains every None among them and inside them."""

    energy_total_j: float | None
    energy_uncertainty_j: float | None
    energy_comparison_uncertainty_j: float | None
    energy_adjusted_j: float | None
    energy_per_device_j: FrozenDict[str, float] | None
    energy_breakdown: EnergyBreakdown | None
    baseline_power_w: float | None
    energy_per_output_token_j: float | None
    energy_per_total_token_j: float | None
    energy_per_request_j: float | None
    missing: dict[str, NotMeasured] = field(default_factory=dict)


def energy_figures(
    reading: EnergyReading,
    baseline: Baseline,
    no_energy: NotMeasured | None,
    *,
    input_tokens: int,
    output_tokens: int,
    requests: int,
    phases: PhaseEnergy | None = None,
) -> EnergyFigures:
    """Gross energy, what the idle devices would have drawn, and the ratios of the field.

    Ratios are gross joules over useful tokens of all passes; prefill is inside. `energy_adjusted_j`
    is not clamped: noise around zero may make it negative.
    """
    missing: dict[str, NotMeasured] = {}
    total = reading.energy_j
    power = baseline.record.power_w if baseline.record else None
    if power is None:
        assert baseline.missing is not None
        missing["baseline_power_w"] = baseline.missing
    if total is None:
        why = no_energy or why_none(reading)
        for name in (
            "energy_total_j",
            "energy_uncertainty_j",
            "energy_comparison_uncertainty_j",
            "energy_adjusted_j",
            "energy_per_device_j",
            "energy_breakdown",
            "energy_per_output_token_j",
            "energy_per_total_token_j",
            "energy_per_request_j",
        ):
            missing[name] = why
        return EnergyFigures(
            None, None, None, None, None, None, power, None, None, None, missing=missing
        )

    for name, value in (
        ("energy_uncertainty_j", reading.uncertainty_j),
        ("energy_comparison_uncertainty_j", reading.comparison_uncertainty_j),
    ):
        if value is None:
            missing[name] = NotMeasured(
                code="not_stated", reason="the meter states no uncertainty for this reading"
            )
    baseline_j = power * reading.duration_s if power is not None else None
    adjusted = total - baseline_j if baseline_j is not None else None
    share = baseline_j / total if baseline_j is not None and total > 0 else None
    resident = baseline.resident
    breakdown = EnergyBreakdown(
        raw_j=total,
        baseline_j=baseline_j,
        adjusted_j=adjusted,
        baseline_share=share,
        baseline=baseline.record,
        adjusted_uncertainty_j=_adjusted_uncertainty_j(reading, baseline.record),
        resident=resident,
        resident_share=(
            resident.power_w * reading.duration_s / total if resident and total > 0 else None
        ),
        terms=_terms(reading),
        phases=phases,
    )
    if baseline.missing is not None:
        for name in (
            "energy_adjusted_j",
            "energy_breakdown.baseline_j",
            "energy_breakdown.adjusted_j",
            "energy_breakdown.baseline",
            "energy_breakdown.baseline_share",
            "energy_breakdown.adjusted_uncertainty_j",
        ):
            missing[name] = baseline.missing
    elif share is None:
        missing["energy_breakdown.baseline_share"] = NotMeasured(
            code="not_applicable", reason="the gross energy is not above zero"
        )
    if baseline.missing is None and breakdown.adjusted_uncertainty_j is None:
        missing["energy_breakdown.adjusted_uncertainty_j"] = NotMeasured(
            code="not_stated", reason="the error of the energy or of the idle power is not known"
        )
    missing |= _resident_gaps(baseline, total)
    for name, record in (("baseline", baseline.record), ("resident", resident)):
        missing |= _record_gaps(f"energy_breakdown.{name}", record)
    return EnergyFigures(
        energy_total_j=total,
        energy_uncertainty_j=reading.uncertainty_j,
        energy_comparison_uncertainty_j=reading.comparison_uncertainty_j,
        energy_adjusted_j=adjusted,
        energy_per_device_j=FrozenDict(
            {d.uuid: d.energy_j for d in reading.devices if d.energy_j is not None}
        ),
        energy_breakdown=breakdown,
        baseline_power_w=power,
        energy_per_output_token_j=total / output_tokens,
        energy_per_total_token_j=total / (input_tokens + output_tokens),
        energy_per_request_j=total / requests,
        missing=missing,
    )


def _adjusted_uncertainty_j(reading: EnergyReading, record: BaselineRecord | None) -> float | None:
    """k = 2: that of the gross energy, and the window's length times the idle power's error."""
    if reading.uncertainty_j is None or record is None or record.standard_error_w is None:
        return None
    return math.hypot(reading.uncertainty_j, 2 * reading.duration_s * record.standard_error_w)


def _resident_gaps(baseline: Baseline, total_j: float) -> dict[str, NotMeasured]:
    if baseline.resident is not None:
        if total_j > 0:
            return {}
        why = NotMeasured(code="not_applicable", reason="the gross energy is not above zero")
        return {"energy_breakdown.resident_share": why}
    why = baseline.resident_missing or NotMeasured(
        code="not_requested", reason="no idle power was read with the model loaded"
    )
    return {"energy_breakdown.resident": why, "energy_breakdown.resident_share": why}


def _record_gaps(path: str, record: BaselineRecord | None) -> dict[str, NotMeasured]:
    """Why an idle power lacks a part."""
    if record is None:
        return {}
    few = NotMeasured(code="too_few_samples", reason="the idle power rests on too few samples")
    untold = NotMeasured(code="not_applicable", reason="the meter does not tell it")
    found = {}
    for name in type(record).model_fields:
        if getattr(record, name) is None:
            statistic = name in ("std_w", "standard_error_w", "effective_samples", "drift_w")
            found[f"{path}.{name}"] = few if statistic and record.samples < _FEW else untold
    return found


def why_none(reading: EnergyReading) -> NotMeasured:
    """Why a reading without energy has none."""
    return NotMeasured(
        code=reading.code or "sensor_failed", reason=reading.reason or "the meter gave no energy"
    )


def _terms(reading: EnergyReading) -> FrozenDict[str, float]:
    """Error terms over the devices: boards err independently, so they add in quadrature."""
    squares: dict[str, float] = {}
    for device in reading.devices:
        for name, joules in device.terms.items():
            squares[name] = squares.get(name, 0.0) + joules**2
    return FrozenDict({name: value**0.5 for name, value in squares.items()})
