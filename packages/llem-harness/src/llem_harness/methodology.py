"""What the figures of a run are of (RES-03, RES-04).

    total           heat | t0  pass 1 ... pass k  t1 |
    steady_state    heat | pass | t0  pass 1 ... pass k  t1 | pass |

Asked for a steady state, a run keeps the load on before and after its window, with a pass on each
side that counts nowhere: neither the ramp at the start nor what is left at the end is in a figure,
and a sensor sees the same power on both sides of t0 and of t1. Whether the window was a steady
state then is looked up in its series. Where that does not show it, the figures are those of a
window within the load, and are called that: `windowed`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from llem_contracts import Sample
from llem_schema import EnergyReading, ExperimentConfig, NotMeasured, SteadyStateWindow

from llem_harness.heat import LOOK_BACK_S
from llem_harness.sensor_remarks import THERMAL_DRIFT_C
from llem_harness.steadiness import STEADY_CV, second_means_w, variation
from llem_harness.temperature import temperature_drift_c

_PATH = "steady_state_window"
_AROUND = "a pass before the window and one after it kept the load on and count nowhere"


@dataclass(frozen=True)
class Methodology:
    """By which methodology a run was measured; `missing` explains what is None."""

    name: Literal["total", "steady_state", "windowed"]
    steady: SteadyStateWindow | None
    missing: dict[str, NotMeasured]
    note: str


def load_around(config: ExperimentConfig) -> bool:
    """Whether a pass on each side of the window keeps the load on."""
    return config.methodology == "steady_state"


def methodology_of(
    config: ExperimentConfig, reading: EnergyReading, samples: Sequence[Sample]
) -> Methodology:
    """What was asked for, as far as the series of the window shows it."""
    if not load_around(config):
        why = NotMeasured(
            code="not_applicable", reason="the methodology is total: the whole window counts"
        )
        note = "Methodology total: the whole window counts, and it holds whole passes."
        return Methodology("total", None, {_PATH: why}, note)
    found = _steady(reading, samples)
    if isinstance(found, NotMeasured):
        note = f"Methodology windowed: {_AROUND}; no steady state is shown: {found.reason}."
        return Methodology("windowed", None, {_PATH: found}, note)
    missing = {}
    if found.temperature_drift_c is None:
        missing[f"{_PATH}.temperature_drift_c"] = NotMeasured(
            code="not_available", reason="no device of the run told its temperature twice"
        )
    note = f"Methodology steady_state: {_AROUND}; power and temperature were steady within."
    return Methodology("steady_state", found, missing, note)


def _steady(reading: EnergyReading, samples: Sequence[Sample]) -> SteadyStateWindow | NotMeasured:
    """The window where its power and temperature were steady, else what speaks against it."""
    seconds = int(reading.duration_s)
    if seconds < LOOK_BACK_S:
        return NotMeasured(
            code="too_few_samples",
            reason=f"a window of {reading.duration_s:.2f} s is shorter than {LOOK_BACK_S} s",
        )
    means_w = second_means_w(samples, reading.end_ns, seconds)
    cv = None if means_w is None else variation(means_w)
    if cv is None:
        return NotMeasured(code="not_available", reason="no series shows the power of every second")
    if cv > STEADY_CV:
        return NotMeasured(
            code="not_steady",
            reason=f"the 1-s means of the power varied by {cv:.1%}, and {STEADY_CV:.0%} is steady",
        )
    drift_c = temperature_drift_c(samples)
    if drift_c is not None and abs(drift_c) > THERMAL_DRIFT_C:
        return NotMeasured(
            code="not_steady",
            reason=f"a device's temperature changed by {abs(drift_c):.1f} C in the window",
        )
    return SteadyStateWindow(
        start_ns=reading.start_ns,
        end_ns=reading.end_ns,
        power_cv=cv,
        temperature_drift_c=drift_c,
    )
