"""Latencies from the timestamps of requests."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, pairwise

from llem_contracts import GeneratedRequest
from llem_schema import FrozenDict, Latency, LatencyInterval, NotMeasured, Percentiles
from llem_stats import LEAST_CLUSTERS, mean_interval, quantile, quantile_interval

_PERCENTS = (50, 90, 95, 99)


def latency_of(passes: Sequence[Sequence[GeneratedRequest]]) -> Latency:
    """TTFT, ITL and end-to-end latency over the raw values of all passes.

    A request starts when its batch is handed to the model and ends with its last useful token.
    `itl` is None where no request has two tokens.
    """
    batches: defaultdict[tuple[int, int], list[GeneratedRequest]] = defaultdict(list)
    for index, one_pass in enumerate(passes):
        for request in one_pass:
            batches[index, request.batch].append(request)

    def by_batch(times_ms: Callable[[GeneratedRequest], Iterable[float]]) -> list[list[float]]:
        found = [
            [ms for request in batch for ms in times_ms(request)] for batch in batches.values()
        ]
        return [times for times in found if times]

    gaps = by_batch(lambda r: ((b - a) / 1e6 for a, b in pairwise(r.token_ns)))
    return Latency(
        ttft=percentiles(by_batch(lambda r: [(r.token_ns[0] - r.start_ns) / 1e6])),
        itl=percentiles(gaps) if gaps else None,
        e2e=percentiles(by_batch(lambda r: [(r.token_ns[-1] - r.start_ns) / 1e6])),
    )


def percentiles(batches_ms: Sequence[Sequence[float]]) -> Percentiles:
    """Mean and percentiles of at least one value, with intervals that count batches."""
    values = list(chain.from_iterable(batches_ms))
    figures = {f"p{percent}_ms": quantile(values, percent) for percent in _PERCENTS}
    return Percentiles(
        mean_ms=statistics.fmean(values),
        **figures,
        samples=len(values),
        intervals=_intervals(batches_ms),
    )


def latency_gaps(latency: Latency) -> dict[str, NotMeasured]:
    """Why a latency has no figure, or none of its figures an interval."""
    gaps: dict[str, NotMeasured] = {}
    if latency.itl is None:
        gaps["latency.itl"] = NotMeasured(
            code="not_applicable", reason="no request has two output tokens"
        )
    for name in ("ttft", "itl", "e2e"):
        found: Percentiles | None = getattr(latency, name)
        if found is not None and found.intervals is None:
            gaps[f"latency.{name}.intervals"] = NotMeasured(
                code="too_few_batches",
                reason=f"an interval needs at least {LEAST_CLUSTERS} batches in the window",
            )
    return gaps


def _intervals(
    batches_ms: Sequence[Sequence[float]],
) -> FrozenDict[str, LatencyInterval] | None:
    mean = mean_interval(batches_ms)
    if mean is None:
        return None
    found = {"mean_ms": mean}
    for percent in _PERCENTS:
        interval = quantile_interval(batches_ms, percent)
        if interval is not None:
            found[f"p{percent}_ms"] = interval
    return FrozenDict(
        {
            name: LatencyInterval(lower_ms=interval.lower, upper_ms=interval.upper)
            for name, interval in found.items()
        }
    )
