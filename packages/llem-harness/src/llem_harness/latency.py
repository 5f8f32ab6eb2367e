"""Latencies from the timestamps of requests."""

import statistics
from collections.abc import Sequence
from itertools import pairwise

from llem_contracts import GeneratedRequest
from llem_schema import Latency, Percentiles


def latency_of(requests: Sequence[GeneratedRequest]) -> Latency:
    """TTFT, ITL and end-to-end latency over raw values.

    A request starts when its batch is handed to the model and ends with its last useful token.
    `itl` is None where no request has two tokens.
    """
    gaps = [
        (later - earlier) / 1e6
        for request in requests
        for earlier, later in pairwise(request.token_ns)
    ]
    return Latency(
        ttft=percentiles([(r.token_ns[0] - r.start_ns) / 1e6 for r in requests]),
        itl=percentiles(gaps) if gaps else None,
        e2e=percentiles([(r.token_ns[-1] - r.start_ns) / 1e6 for r in requests]),
    )


def percentiles(values_ms: Sequence[float]) -> Percentiles:
    """Mean and percentiles of at least one value."""
    cuts = _percentile_cuts(values_ms)
    return Percentiles(
        mean_ms=statistics.fmean(values_ms),
        p50_ms=cuts[49],
        p90_ms=cuts[89],
        p95_ms=cuts[94],
        p99_ms=cuts[98],
        samples=len(values_ms),
    )


def quantile(values: Sequence[float], percent: int) -> float:
    """One percentile, 1 to 99, linear between ranks."""
    return _percentile_cuts(values)[percent - 1]


def _percentile_cuts(values: Sequence[float]) -> list[float]:
    if len(values) == 1:
        return [float(values[0])] * 99
    return statistics.quantiles(values, n=100, method="inclusive")
