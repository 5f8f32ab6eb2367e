"""Latencies come from raw timestamps."""

import statistics
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from llem_contracts import GeneratedRequest
from llem_harness.latency import latency_of, percentiles, quantile

MS = 1_000_000


def request(start_ms: int, *token_ms: int) -> GeneratedRequest:
    return GeneratedRequest(
        index=0,
        batch=0,
        input_tokens=1,
        padded_tokens=0,
        output_tokens=len(token_ms),
        discarded_tokens=0,
        start_ns=start_ms * MS,
        token_ns=tuple(t * MS for t in token_ms),
    )


class TestLatencyOf:
    def test_first_token_gaps_and_end_are_measured_from_the_start_of_the_batch(self) -> None:
        latency = latency_of([request(100, 110, 115, 130)])
        assert latency.ttft.mean_ms == 10
        assert latency.e2e.mean_ms == 30
        assert latency.itl is not None
        assert latency.itl.samples == 2
        assert latency.itl.mean_ms == 10

    def test_gaps_of_all_requests_count_alike(self) -> None:
        latency = latency_of([request(0, 1, 2, 3, 4), request(0, 1, 11)])
        assert latency.itl is not None
        assert latency.itl.samples == 4
        assert latency.itl.mean_ms == pytest.approx((1 + 1 + 1 + 10) / 4)

    def test_without_a_second_token_there_is_no_inter_token_latency(self) -> None:
        assert latency_of([request(0, 1)]).itl is None


class TestPercentiles:
    @given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
    def test_they_are_ordered_and_within_the_values(self, values: list[float]) -> None:
        result = percentiles(values)
        ordered = [result.p50_ms, result.p90_ms, result.p95_ms, result.p99_ms]
        slack = 1e-9 * max(values)
        assert all(a <= b + slack for a, b in pairwise(ordered))
        assert min(values) - slack <= result.p50_ms
        assert result.p99_ms <= max(values) + slack

    def test_the_median_is_the_median(self) -> None:
        values = [5.0, 1.0, 3.0, 2.0]
        assert quantile(values, 50) == statistics.median(values)

    def test_one_value_is_all_its_percentiles(self) -> None:
        assert percentiles([7.0]).p99_ms == 7.0
