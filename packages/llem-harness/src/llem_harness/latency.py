"""Latencies from the timestamps of requests."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, pairwise
from typing import Literal

from llem_contracts import GeneratedRequest
from llem_schema import FrozenDict, Latency, LatencyInterval, NotMeasured, Percentiles
from llem_stats import LEAST_CLUSTERS, Interval, mean_interval, quantile, quantile_interval

from llem_harness.batches import Batch, batches_of, overlap_in_a_process

_PERCENTS = (50, 90, 95, 99)
_LEVEL = 0.95

Over = Literal["passes", "batches"]


def latency_of(passes: Sequence[Batch]) -> Latency:
    """TTFT, ITL and end-to-end latency over the raw values of all passes.

    A request starts when its batch is handed to the model and ends with its last useful token.
    `itl` is None where no request has two tokens.
    """
    over, clusters = _clusters(passes)

    def by_cluster(times_ms: Callable[[GeneratedRequest], Iterable[float]]) -> list[list[float]]:
        found = [[ms for request in cluster for ms in times_ms(request)] for cluster in clusters]
        return [times for times in found if times]

    gaps = by_cluster(lambda r: ((b - a) / 1e6 for a, b in pairwise(r.token_ns)))
    return Latency(
        ttft=percentiles(by_cluster(lambda r: [(r.token_ns[0] - r.start_ns) / 1e6]), over),
        itl=percentiles(gaps, over) if gaps else None,
        e2e=percentiles(by_cluster(lambda r: [(r.token_ns[-1] - r.start_ns) / 1e6]), over),
    )


def _clusters(passes: Sequence[Batch]) -> tuple[Over, Sequence[Batch]]:
    """What waits for one another: batches, and where those overlap in a process whole passes."""
    batches = batches_of(passes)
    return ("passes", passes) if overlap_in_a_process(batches) else ("batches", batches)


def percentiles(clusters_ms: Sequence[Sequence[float]], over: Over = "batches") -> Percentiles:
    """Mean and percentiles of at least one value, with intervals that count clusters."""
    values = list(chain.from_iterable(clusters_ms))
    figures = {f"p{percent}_ms": quantile(values, percent) for percent in _PERCENTS}
    return Percentiles(
        mean_ms=statistics.fmean(values),
        **figures,
        samples=len(values),
        over=over,
        parts=len(clusters_ms),
        intervals=_intervals(clusters_ms),
    )


def latency_gaps(latency: Latency) -> dict[str, NotMeasured]:
    """Why a latency has no figure, or a figure no interval."""
    gaps: dict[str, NotMeasured] = {}
    if latency.overhead_share is None:
        gaps["latency.overhead_share"] = NotMeasured(
            code="not_requested", reason="the times of the steps were taken in the window"
        )
    if latency.itl is None:
        gaps["latency.itl"] = NotMeasured(
            code="not_applicable", reason="no request has two output tokens"
        )
    for name in ("ttft", "itl", "e2e"):
        found: Percentiles | None = getattr(latency, name)
        if found is None:
            continue
        path = f"latency.{name}.intervals"
        if found.intervals is None:
            gaps[path] = NotMeasured(
                code="too_few_batches",
                reason=f"an interval needs at least {LEAST_CLUSTERS} {found.over} in the window",
            )
            continue
        for figure, interval in found.intervals.items():
            if interval is None:
                gaps[f"{path}.{figure}"] = NotMeasured(
                    code="too_few_samples",
                    reason=(
                        f"it is too far out to be bounded by {found.samples} values of "
                        f"{found.parts} {found.over}"
                    ),
                )
    return gaps


def _intervals(
    clusters_ms: Sequence[Sequence[float]],
) -> FrozenDict[str, LatencyInterval | None] | None:
    mean = mean_interval(clusters_ms, _LEVEL)
    if mean is None:
        return None
    of_percentiles = {
        f"p{percent}_ms": _shown(quantile_interval(clusters_ms, percent, _LEVEL), "woodruff")
        for percent in _PERCENTS
    }
    return FrozenDict({"mean_ms": _shown(mean, "ratio"), **of_percentiles})


def _shown(
    interval: Interval | None, method: Literal["ratio", "woodruff"]
) -> LatencyInterval | None:
    if interval is None:
        return None
    return LatencyInterval(
        level=_LEVEL, method=method, lower_ms=max(interval.lower, 0.0), upper_ms=interval.upper
    )
