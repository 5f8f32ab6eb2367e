"""The sample series at a slower beat."""

from collections.abc import Sequence
from dataclasses import fields, replace

from llem_contracts import Sample


def per_period(samples: Sequence[Sample], period_s: float) -> list[Sample]:
    """One row for each device and period, in order of time.

    The periods begin with the first sample. A row has the mean of the powers that were read in its
    period and the latest of everything else; `monotonic_ns` is that of its last sample. A period
    without a sample has no row. Raises `ValueError` for a period that is not positive.
    """
    if not period_s > 0:
        raise ValueError(f"a period is longer than 0 s, not {period_s:g} s")
    spans: dict[tuple[int, str], list[Sample]] = {}
    for sample in samples:
        number = int((sample.monotonic_ns - samples[0].monotonic_ns) / (period_s * 1e9))
        spans.setdefault((number, sample.device), []).append(sample)
    return sorted(map(_row, spans.values()), key=lambda row: row.monotonic_ns)


def _row(span: Sequence[Sample]) -> Sample:
    powers_w = [sample.power_w for sample in span if sample.power_w is not None]
    latest = {
        field.name: value
        for field in fields(Sample)
        for sample in span
        if (value := getattr(sample, field.name)) is not None
    }
    return replace(
        span[-1], **latest | {"power_w": sum(powers_w) / len(powers_w) if powers_w else None}
    )
