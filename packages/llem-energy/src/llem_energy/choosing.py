"""Which sensor's estimate is believed, where a device has several.

The counter comes first, then the power of the moment, then the one-second average, in the order of
how closely they are dated. A sensor that may see a part of the time only (see `part_time`) gives
way to a later one that is known to see more where that one tells another energy; where it does not,
it bounds what the first can have missed.

What the chosen estimate leaves unexplained is part of its error: where another sensor, which is not
blinder than the chosen one, is further away than both errors allow, and no third one takes the
chosen one's side, the distance is a term of its own, `disagreement`, uniform within it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from llem_energy.budget import EXPANSION
from llem_energy.estimators import (
    COUNTER_BRACKETED,
    COUNTER_EDGES,
    POWER_AVERAGE,
    POWER_INSTANT,
    SAMPLING,
    Estimate,
)

DISAGREEMENT = "disagreement"
_FLAGGED = 0.05
"""Estimates further apart than this share of the energy are flagged (`sensor_disagreement`)."""
_AGREED = 0.01
"""Estimates this close agree, whatever their errors."""
_SURELY = 3
"""1 sigma of the one that sees more, times this, is further than it strays by chance. At twice, one
window in twenty would be taken from a counter that missed nothing, and be wrong for sure."""
_TELLING = 0.001
"""Estimates closer than this share of the energy are the same."""


@dataclass(frozen=True)
class Choice:
    """The estimate to report and why."""

    estimate: Estimate
    reason: str
    flags: tuple[str, ...]
    alternatives: dict[str, float]
    """Energy by method of the others, in joules."""


def choose(estimates: Sequence[Estimate]) -> Choice | None:
    """The best of the estimates, which come in order of preference; None where all are empty."""
    usable = [estimate for estimate in estimates if estimate.energy_j is not None]
    if not usable:
        return None
    chosen = usable[0]
    for later in usable[1:]:
        if chosen.part_time and later.resolved and not later.part_time:
            chosen = _corrected(chosen, later)
    reason = _reason(chosen, estimates)
    others = [estimate for estimate in usable if estimate.method != chosen.method]
    against = [other for other in others if other.resolved and not agree(chosen, other)]
    seeing = [other for other in against if chosen.part_time or not other.part_time]
    if seeing and not any(agree(chosen, other) for other in others):
        apart_j = max(abs(_energy_j(other) - _energy_j(chosen)) for other in seeing)
        chosen = replace(chosen, terms={**chosen.terms, DISAGREEMENT: apart_j / math.sqrt(3)})
    flagged = any(_apart(chosen, other) > _FLAGGED for other in against)
    return Choice(
        estimate=chosen,
        reason=reason,
        flags=("sensor_disagreement",) if flagged else (),
        alternatives={other.method: _energy_j(other) for other in others},
    )


def agree(one: Estimate, other: Estimate) -> bool:
    """Whether two estimates are as close as their errors allow (k = 2, gain apart)."""
    apart_j = abs(_energy_j(one) - _energy_j(other))
    return apart_j <= max(
        _AGREED * max(_energy_j(one), _energy_j(other)),
        2 * math.hypot(one.sigma_j, other.sigma_j),
    )


def _corrected(blind: Estimate, seeing: Estimate) -> Estimate:
    """What a sensor that sees more makes of one that may see a part of the time only.

    Where it can tell that energy was missed, it is taken. Else the blind one stays, and has missed
    no more than the other one allows; all of the distance where the two may well differ.
    """
    apart_j = abs(_energy_j(seeing) - _energy_j(blind))
    if apart_j > max(_SURELY * seeing.sigma_j, _TELLING * _energy_j(seeing)):
        return seeing
    allowed_j = math.hypot(seeing.sigma_j, apart_j)
    doubted = apart_j > EXPANSION * seeing.sigma_j
    missed_j = allowed_j if doubted else min(blind.terms.get(SAMPLING, 0.0), allowed_j)
    return replace(blind, terms={**blind.terms, SAMPLING: missed_j}, part_time=False)


def _reason(chosen: Estimate, estimates: Sequence[Estimate]) -> str:
    before = [estimate for estimate in estimates if estimate.method != chosen.method]
    before = before[: [estimate.method for estimate in estimates].index(chosen.method)]
    if not before:
        return _FIRST[chosen.method]
    return "; ".join(
        f"{passed.method} was passed over: "
        + (passed.reason or "it sees a part of the time and missed energy that this sensor saw")
        for passed in before
    )


_FIRST = {
    COUNTER_BRACKETED: "the power was steady on both sides, so the counter's updates around the "
    "window hold all of it",
    COUNTER_EDGES: "the power was not steady on both sides, so the counter is carried to the ends",
    POWER_INSTANT: "this GPU has no energy counter that can be read",
    POWER_AVERAGE: "this GPU tells a one-second average of its power and nothing else",
}


def _apart(one: Estimate, other: Estimate) -> float:
    """Distance as a share of the larger one."""
    larger_j = max(_energy_j(one), _energy_j(other))
    return abs(_energy_j(one) - _energy_j(other)) / larger_j if larger_j else 0.0


def _energy_j(estimate: Estimate) -> float:
    assert estimate.energy_j is not None
    return estimate.energy_j
