"""Latencies over the requests of a window."""

from typing import Literal

from llem_schema.frozen import FrozenDict
from llem_schema.model import Model


class LatencyInterval(Model):
    """In so many of a hundred runs as `level` says, such an interval holds the figure that the same
    workload tends to on the same machine, the longer it goes on."""

    level: float
    """0.95 for 95 %."""
    method: Literal["ratio", "woodruff"]
    """`ratio`: of a mean, Student's t on its variance over batches (Cochran, Sampling Techniques,
    1977, 6.4). `woodruff`: of a percentile, by the interval of the share below it (Woodruff, JASA
    47, 1952, 635)."""
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
    over: Literal["passes", "batches"]
    """What the intervals count: batches, whose requests wait for one another; passes, where a
    request takes the place of another and batches have no end of their own."""
    parts: int
    """So many of them the samples come from."""
    intervals: FrozenDict[str, LatencyInterval | None] | None
    """By the name of the figure, such as `p50_ms`. None for a percentile that is too far out for so
    many values, and as a whole with too few parts for any."""


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
