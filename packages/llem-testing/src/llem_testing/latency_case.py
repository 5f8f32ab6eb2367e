"""The latencies of an example result."""

from typing import Literal

from llem_schema import FrozenDict, Latency, LatencyInterval, Percentiles


def example_latency(requests: int, output_tokens: int) -> Latency:
    """Of requests in batches of their own, from a pass after the window."""
    return Latency(
        mode="separate",
        overhead_share=0.01,
        ttft=_percentiles(20.0, requests, requests),
        itl=_percentiles(10.0, output_tokens - requests, requests),
        e2e=_percentiles(50.0, requests, requests),
    )


def _within(
    milliseconds: float, share: float, method: Literal["ratio", "woodruff"]
) -> LatencyInterval:
    return LatencyInterval(
        level=0.95,
        method=method,
        lower_ms=milliseconds * (1 - share),
        upper_ms=milliseconds * (1 + share),
    )


def _percentiles(milliseconds: float, samples: int, batches: int) -> Percentiles:
    return Percentiles(
        mean_ms=milliseconds,
        p50_ms=milliseconds,
        p90_ms=milliseconds * 1.2,
        p95_ms=milliseconds * 1.3,
        p99_ms=milliseconds * 1.4,
        samples=samples,
        over="batches",
        parts=batches,
        intervals=FrozenDict(
            {
                "mean_ms": _within(milliseconds, 0.1, "ratio"),
                **{
                    f"p{percent}_ms": _within(milliseconds * by, 0.05, "woodruff")
                    for percent, by in ((50, 1.0), (90, 1.2), (95, 1.3), (99, 1.4))
                },
            }
        ),
    )
