"""Latencies come from raw timestamps."""

import statistics
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from llem_contracts import GeneratedRequest
from llem_harness.latency import latency_gaps, latency_of, percentiles

MS = 1_000_000


def request(start_ms: int, *token_ms: int, batch: int = 0) -> GeneratedRequest:
    return GeneratedRequest(
        index=0,
        batch=batch,
        input_tokens=1,
        padded_tokens=0,
        output_tokens=len(token_ms),
        discarded_tokens=0,
        start_ns=start_ms * MS,
        token_ns=tuple(t * MS for t in token_ms),
    )


class TestLatencyOf:
    def test_first_token_gaps_and_end_are_measured_from_the_start_of_the_batch(self) -> None:
        latency = latency_of([[request(100, 110, 115, 130)]])
        assert latency.ttft.mean_ms == 10
        assert latency.e2e.mean_ms == 30
        assert latency.itl is not None
        assert latency.itl.samples == 2
        assert latency.itl.mean_ms == 10

    def test_gaps_of_all_requests_count_alike(self) -> None:
        latency = latency_of([[request(0, 1, 2, 3, 4)], [request(0, 1, 11)]])
        assert latency.itl is not None
        assert latency.itl.samples == 4
        assert latency.itl.mean_ms == pytest.approx((1 + 1 + 1 + 10) / 4)

    def test_without_a_second_token_there_is_no_inter_token_latency(self) -> None:
        assert latency_of([[request(0, 1)]]).itl is None


class TestPercentiles:
    @given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
    def test_they_are_ordered_and_within_the_values(self, values: list[float]) -> None:
        result = percentiles([values])
        ordered = [result.p50_ms, result.p90_ms, result.p95_ms, result.p99_ms]
        slack = 1e-9 * max(values)
        assert all(a <= b + slack for a, b in pairwise(ordered))
        assert min(values) - slack <= result.p50_ms
        assert result.p99_ms <= max(values) + slack

    def test_the_median_is_the_median(self) -> None:
        values = [5.0, 1.0, 3.0, 2.0]
        assert percentiles([values[:2], values[2:]]).p50_ms == statistics.median(values)

    def test_one_value_is_all_its_percentiles(self) -> None:
        assert percentiles([[7.0]]).p99_ms == 7.0


class TestIntervals:
    def one_pass(self, *first_ms: int, begin_ms: int = 0) -> list[GeneratedRequest]:
        """Two requests in each batch, which come out together; a batch each 100 ms."""
        starts = [begin_ms + 100 * batch for batch in range(len(first_ms))]
        return [
            request(start, start + ms, start + ms + 5, batch=batch)
            for batch, (start, ms) in enumerate(zip(starts, first_ms, strict=True))
            for _ in (1, 2)
        ]

    def test_of_batches_that_differ_wildly_do_not_go_below_zero(self) -> None:
        latency = latency_of([self.one_pass(*[1] * 39, 5000)])
        assert latency.ttft.intervals is not None
        mean = latency.ttft.intervals["mean_ms"]
        assert mean is not None
        assert mean.lower_ms == 0.0

    def test_count_passes_where_a_request_takes_the_place_of_another(self) -> None:
        """Two at a time: each begins 50 ms before the one ahead has ended."""
        one_pass = [request(50 * k, 50 * k + 100, batch=k) for k in range(40)]
        latency = latency_of([one_pass])
        assert (latency.ttft.over, latency.ttft.parts) == ("passes", 1)
        assert latency.ttft.intervals is None
        assert "8 passes" in latency_gaps(latency)["latency.ttft.intervals"].reason
        assert latency_of([one_pass] * 8).ttft.intervals is not None

    def test_count_the_batches_of_several_copies(self) -> None:
        """Two copies side by side, each of which has one batch after the other."""
        one_pass = [
            replace(request(100 * (k // 2), 100 * (k // 2) + 90, batch=k), process=k % 2)
            for k in range(16)
        ]
        found = latency_of([one_pass]).ttft
        assert (found.over, found.parts) == ("batches", 16)

    def test_count_the_batches_of_all_passes(self) -> None:
        latency = latency_of(
            [self.one_pass(10, 12, 14, 16), self.one_pass(11, 13, 15, 17, begin_ms=400)]
        )
        assert latency.ttft.samples == 16
        assert latency.ttft.intervals is not None
        mean = latency.ttft.intervals["mean_ms"]
        assert mean is not None
        # Student's t of 7, times the standard error of the mean of 10 ... 17
        half = 2.3646 * statistics.stdev(range(10, 18)) / 8**0.5
        assert mean.upper_ms - 13.5 == pytest.approx(half, rel=1e-3)
        assert 13.5 - mean.lower_ms == pytest.approx(half, rel=1e-3)
        assert latency.itl is not None
        assert latency.itl.intervals is not None
        of_gaps = latency.itl.intervals["mean_ms"]
        assert of_gaps is not None
        assert of_gaps.upper_ms == 5.0
        assert (mean.level, mean.method) == (0.95, "ratio")
        assert (latency.ttft.over, latency.ttft.parts) == ("batches", 8)

    def test_of_a_percentile_too_far_out_is_missing_with_a_reason(self) -> None:
        latency = latency_of([self.one_pass(*range(10, 50))])
        intervals = latency.ttft.intervals
        assert intervals is not None
        median, last = intervals["p50_ms"], intervals["p99_ms"]
        assert median is not None
        assert (median.level, median.method, last) == (0.95, "woodruff", None)
        why = latency_gaps(latency)["latency.ttft.intervals.p99_ms"]
        assert why.code == "too_few_samples"
        assert "80 values of 40 batches" in why.reason

    def test_of_too_few_batches_are_missing_with_a_reason(self) -> None:
        latency = latency_of([self.one_pass(10, 12)])
        assert latency.ttft.intervals is None
        gaps = latency_gaps(latency)
        assert gaps.pop("latency.overhead_share").code == "not_requested"
        assert set(gaps) == {f"latency.{name}.intervals" for name in ("ttft", "itl", "e2e")}
        assert {gap.code for gap in gaps.values()} == {"too_few_batches"}
