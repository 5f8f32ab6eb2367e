"""The energy of prefill and of decoding, told apart by a second window.

    measured window    k passes, every request to its end       E, T
    prefill window     p passes, one token for every request    P, S

    prefill = P k / p        decode = E - P k / p

The second window follows as soon as the sensors have told the end of the first, and repeats its
passes for as long as the first one has to last: `min_window_s`. Batches and their padding are the
same in both. It is left out where no sensor reads, where every request has one token in any case,
and at a cold start, whose first pass costs more than prefill and decoding do.

Errors: a board's gain is the same in both windows, so what counts of it is the difference of the
two terms; everything else errs independently in either. A figure that is no larger than its
comparison uncertainty is not told from zero and is None.
"""

import math
from dataclasses import dataclass, field

from llem_contracts import LoadedModel, MeterSession, PhaseSkipped
from llem_schema import EnergyReading, ExperimentConfig, NotMeasured, PhaseEnergy

from llem_harness.completeness import check_complete
from llem_harness.energy import why_none
from llem_harness.passes import repeat_passes
from llem_harness.phases import phase
from llem_harness.ports import Ports
from llem_harness.window import MeasuredWindow
from llem_harness.workload import Workload

_GAIN = "gain"


@dataclass(frozen=True)
class PrefillWindow:
    """What the second window gave, or why there was none."""

    reading: EnergyReading | None
    passes: int
    missing: NotMeasured | None


@dataclass(frozen=True)
class PhaseFigures:
    """Joules of the phases; `missing` explains every None among and inside them."""

    energy_prefill_j: float | None
    energy_decode_j: float | None
    record: PhaseEnergy | None
    missing: dict[str, NotMeasured] = field(default_factory=dict)


def measure_prefill(
    config: ExperimentConfig,
    loaded: LoadedModel,
    workload: Workload,
    session: MeterSession,
    window: MeasuredWindow,
    ports: Ports,
    no_energy: NotMeasured | None,
) -> PrefillWindow:
    """Answer the same requests with one token each, inside a window of their own."""
    missing = _why_not(config, window.reading, no_energy)
    if missing is not None:
        ports.listener(PhaseSkipped(phase="prefill", reason=missing.reason))
        return PrefillWindow(None, 0, missing)
    total = len(workload.requests)
    with phase("prefill", ports.listener, ports.clock, total=total, unit="requests") as progress:
        loaded.synchronize()
        prefill = session.begin("prefill")
        passes = repeat_passes(
            loaded,
            workload.requests,
            ports.clock,
            progress,
            start_ns=prefill.start_ns,
            min_s=config.min_window_s,
            output_tokens=1,
            step_times=window.step_times,
        )
        prefill.end()
        reading = prefill.reading()
    check_complete(workload.requests, passes)
    why = why_none(reading) if reading.energy_j is None else None
    return PrefillWindow(reading, len(passes), why)


def phase_figures(window: MeasuredWindow, prefill: PrefillWindow) -> PhaseFigures:
    """The two windows' difference, with its error."""
    total, part = window.reading, prefill.reading
    if prefill.missing is not None or part is None:
        assert prefill.missing is not None
        why = prefill.missing
        missing = {"energy_prefill_j": why, "energy_decode_j": why}
        if total.energy_j is not None:
            missing["energy_breakdown.phases"] = why
        return PhaseFigures(None, None, None, missing)
    assert total.energy_j is not None
    assert part.energy_j is not None
    scale = len(window.passes) / prefill.passes
    prefill_j = scale * part.energy_j
    comparison_j = _hypot(
        total.comparison_uncertainty_j, _scaled(part.comparison_uncertainty_j, scale)
    )
    record = PhaseEnergy(
        method="prefill_window",
        sensor_method=part.method,
        start_ns=part.start_ns,
        end_ns=part.end_ns,
        window_duration_s=part.duration_s,
        window_energy_j=part.energy_j,
        passes=prefill.passes,
        scale=scale,
        prefill_duration_s=scale * part.duration_s,
        decode_duration_s=total.duration_s - scale * part.duration_s,
        prefill_uncertainty_j=_scaled(part.uncertainty_j, scale),
        prefill_comparison_uncertainty_j=_scaled(part.comparison_uncertainty_j, scale),
        decode_uncertainty_j=_hypot(comparison_j, _gain_j(total, part, scale)),
        decode_comparison_uncertainty_j=comparison_j,
    )
    missing = {}
    for name in (
        "prefill_uncertainty_j",
        "prefill_comparison_uncertainty_j",
        "decode_uncertainty_j",
        "decode_comparison_uncertainty_j",
    ):
        if getattr(record, name) is None:
            missing[f"energy_breakdown.phases.{name}"] = NotMeasured(
                code="not_stated", reason="the meter states no uncertainty for these windows"
            )
    return PhaseFigures(
        _resolved("prefill", prefill_j, record.prefill_comparison_uncertainty_j, missing),
        _resolved("decode", total.energy_j - prefill_j, comparison_j, missing),
        record,
        missing,
    )


def _why_not(
    config: ExperimentConfig, measured: EnergyReading, no_energy: NotMeasured | None
) -> NotMeasured | None:
    if no_energy is not None:
        return no_energy
    if config.energy.phases is False:
        return NotMeasured(code="not_requested", reason="`energy.phases` is false")
    if config.max_output_tokens == 1:
        reason = "every request has one token, so that there is prefill alone"
        return NotMeasured(code="not_applicable", reason=reason)
    if config.cold_start:
        reason = "at a cold start the first pass costs more than prefill and decoding do"
        return NotMeasured(code="not_applicable", reason=reason)
    return why_none(measured) if measured.energy_j is None else None


def _resolved(
    name: str, joules: float, error_j: float | None, missing: dict[str, NotMeasured]
) -> float | None:
    """The figure, unless zero lies within its error."""
    if abs(joules) > (error_j or 0.0):
        return joules
    missing[f"energy_{name}_j"] = NotMeasured(
        code="unresolved_phase",
        reason=f"{joules:.3g} J are no more than their uncertainty of {error_j or 0.0:.3g} J",
    )
    return None


def _gain_j(total: EnergyReading, part: EnergyReading, scale: float) -> float | None:
    """What a board's gain makes of the difference, k = 2; boards err independently."""
    if total.uncertainty_j is None or part.uncertainty_j is None:
        return None
    inner = {device.uuid: device.terms.get(_GAIN, 0.0) for device in part.devices}
    return 2 * math.hypot(
        *(
            device.terms.get(_GAIN, 0.0) - scale * inner.get(device.uuid, 0.0)
            for device in total.devices
        )
    )


def _hypot(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else math.hypot(first, second)


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else scale * value
