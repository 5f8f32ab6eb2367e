"""Latencies over the requests of a window."""

from llem_schema.model import Model


class Percentiles(Model):
    """Mean and percentiles over raw values, in milliseconds; linear between ranks."""

    mean_ms: float
    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    samples: int


class Latency(Model):
    """Per-request latencies. A request starts when its batch is handed to the model."""

    ttft: Percentiles
    """Time to first token."""
    itl: Percentiles | None
    """Inter-token latency, over all gaps of all requests."""
    e2e: Percentiles
    """From start to the request's last useful token."""
