"""Latencies over the requests of a window."""

from typing import Literal

from llem_schema.frozen import FrozenDict
from llem_schema.model import Model


class LatencyInterval(Model):
    """Holds the figure of the same workload, run again on the same machine, in 95 % of cases."""

    lower_ms: float
    upper_ms: float


class Percentiles(Model):
    """Mean and percentiles over raw values, in milliseconds; linear between ranks."""

    mean_ms: float
    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    samples: int
    intervals: FrozenDict[str, LatencyInterval] | None
    """By the name of the figure, such as `p50_ms`. They count batches, whose requests wait for one
    another. A percentile that is too far out for so many values is left out; None with too few
    batches for any."""


class Latency(Model):
    """Per-request latencies. A request starts when its batch is handed to the model."""

    mode: Literal["inline", "separate"] = "inline"
    """`inline`: of the measured window's requests. `separate`: of one pass after it, in which alone
    the times of the steps were taken."""
    overhead_share: float | None = None
    """Of `separate`: by how much that pass lasted longer than the window's mean pass, as a share of
    the latter. It is what the times cost, and what passes differ by in any case; it may be
    negative."""

    ttft: Percentiles
    """Time to first token."""
    itl: Percentiles | None
    """Inter-token latency, over all gaps of all requests."""
    e2e: Percentiles
    """From start to the request's last useful token."""
