"""How far throughput and joules per token would stray by themselves: intervals over the window.

    t0 |  pass 1  |  pass 2  | ... |  pass k  | t1        parts without a gap between them

Passes do the same work, so they are compared where there are enough of them; else the batches are,
which differ in their prompts too. Batches that overlap, since several copies of a model compute
them or a request takes the place of another, have no time of their own. For joules, neighbours are
joined until each part is long enough for the sensor; the power's series tells how the parts differ,
and the meter's own figure is the middle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from llem_contracts import Sample
from llem_schema import EnergyInterval, IntervalBasis, NotMeasured, ThroughputInterval
from llem_stats import LEAST_CLUSTERS, ratio_interval

from llem_harness.batches import Batch, batches_of, first_start_ns, overlap
from llem_harness.energy import EnergyFigures
from llem_harness.passes import Passes
from llem_harness.power_integral import PowerSeries

_LEVEL = 0.95
_LEAST_S = 1.0
"""Of a part whose joules are told apart: a sensor may show the mean of the last second."""
_LEAST_PERIODS = 10
"""Of sampling, in such a part."""


@dataclass(frozen=True)
class Part:
    """A stretch of the window, and the output of the requests that were computed in it."""

    start_ns: int
    end_ns: int
    output_tokens: int

    @property
    def seconds(self) -> float:
        return (self.end_ns - self.start_ns) / 1e9


@dataclass(frozen=True)
class Spread:
    """Both intervals; `missing` explains what is None."""

    throughput: ThroughputInterval | None
    energy: EnergyInterval | None
    missing: dict[str, NotMeasured]


def spread_of(
    passes: Passes,
    start_ns: int,
    end_ns: int,
    energy: EnergyFigures,
    samples: Sequence[Sample],
    sample_period_s: float | None,
) -> Spread:
    """Of the window from `start_ns` to `end_ns`; `samples` are the series over it."""
    over, parts = parts_of(passes, start_ns, end_ns)
    throughput = _throughput(over, parts)
    missing = {}
    if throughput is None:
        missing["output_tokens_per_s_interval"] = _too_few(
            f"an interval needs at least {LEAST_CLUSTERS} passes, or as many batches one after "
            "another"
        )
    found = _energy(over, parts, energy, samples, sample_period_s)
    if isinstance(found, NotMeasured):
        missing["energy_per_output_token_interval"] = found
        return Spread(throughput, None, missing)
    return Spread(throughput, found, missing)


def parts_of(
    passes: Passes, start_ns: int, end_ns: int
) -> tuple[Literal["passes", "batches"], tuple[Part, ...]]:
    """The window in parts, in order of time: its passes, or its batches where those are few."""
    if len(passes) >= LEAST_CLUSTERS:
        return "passes", _stretches(passes, start_ns, end_ns)
    batches = batches_of(passes)
    if overlap(batches):
        return "passes", _stretches(passes, start_ns, end_ns)
    return "batches", _stretches(batches, start_ns, end_ns)


def _stretches(groups: Sequence[Batch], start_ns: int, end_ns: int) -> tuple[Part, ...]:
    """Each group from its first start to that of the next; the ends are the window's own."""
    starts = [first_start_ns(group) for group in groups[1:]]
    return tuple(
        Part(begin, end, sum(request.output_tokens for request in group))
        for begin, end, group in zip([start_ns, *starts], [*starts, end_ns], groups, strict=True)
    )


def joined(parts: Sequence[Part], least_s: float) -> list[Part]:
    """Neighbours together, until each part lasts so long; the last may take in what is left."""
    whole: list[Part] = []
    for part in parts:
        if whole and whole[-1].seconds < least_s:
            whole[-1] = _together(whole[-1], part)
        else:
            whole.append(part)
    if len(whole) > 1 and whole[-1].seconds < least_s:
        whole[-2:] = [_together(whole[-2], whole[-1])]
    return whole


def _together(first: Part, second: Part) -> Part:
    return Part(first.start_ns, second.end_ns, first.output_tokens + second.output_tokens)


def _throughput(
    over: Literal["passes", "batches"], parts: Sequence[Part]
) -> ThroughputInterval | None:
    found = ratio_interval(
        [part.output_tokens for part in parts], [part.seconds for part in parts], _LEVEL
    )
    if found is None:
        return None
    return ThroughputInterval(
        basis=_basis(over, parts),
        lower_tokens_per_s=max(found.lower, 0.0),
        upper_tokens_per_s=found.upper,
    )


def _energy(
    over: Literal["passes", "batches"],
    parts: Sequence[Part],
    energy: EnergyFigures,
    samples: Sequence[Sample],
    sample_period_s: float | None,
) -> EnergyInterval | NotMeasured:
    if energy.energy_per_output_token_j is None:
        return energy.missing["energy_per_output_token_j"]
    if sample_period_s is None:
        return NotMeasured(code="not_applicable", reason="the meter keeps no series")
    least_s = max(_LEAST_S, _LEAST_PERIODS * sample_period_s)
    longer = joined(parts, least_s)
    if len(longer) < LEAST_CLUSTERS:
        return _too_few(
            f"an interval needs at least {LEAST_CLUSTERS} passes or batches of {least_s:g} s"
        )
    series = PowerSeries(samples)
    joules = [series.energy_between_j(part.start_ns, part.end_ns) for part in longer]
    told = [value for value in joules if value is not None]
    if len(told) < len(longer):
        return NotMeasured(
            code="too_few_samples", reason="the series of the power has gaps in the window"
        )
    found = ratio_interval(told, [part.output_tokens for part in longer], _LEVEL)
    assert found is not None
    middle = sum(told) / sum(part.output_tokens for part in longer)
    if middle <= 0:
        return NotMeasured(code="not_applicable", reason="the series shows no power above zero")
    figure = energy.energy_per_output_token_j
    half = figure * (found.upper - middle) / middle
    return EnergyInterval(
        basis=_basis(over, longer),
        lower_j=max(figure - half, 0.0),
        upper_j=figure + half,
    )


def _basis(over: Literal["passes", "batches"], parts: Sequence[Part]) -> IntervalBasis:
    return IntervalBasis(level=_LEVEL, method="ratio", over=over, parts=len(parts))


def _too_few(reason: str) -> NotMeasured:
    return NotMeasured(code="too_few_batches", reason=reason)
