"""Percentiles: linear between ranks, never outside the values."""

import statistics

import pytest
from hypothesis import given, strategies as st
from llem_stats import quantile

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40)


class TestQuantile:
    @given(VALUES, st.integers(1, 99))
    def test_is_that_of_the_standard_library(self, values: list[float], percent: int) -> None:
        expected = statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
        assert quantile(values, percent) == pytest.approx(expected, abs=1e-6)

    @given(VALUES, st.floats(0, 100))
    def test_lies_within_the_values(self, values: list[float], percent: float) -> None:
        assert min(values) <= quantile(values, percent) <= max(values)

    @given(VALUES, st.floats(0, 100), st.floats(0, 100))
    def test_rises_with_the_percentage(self, values: list[float], a: float, b: float) -> None:
        assert quantile(values, min(a, b)) <= quantile(values, max(a, b))

    def test_of_one_value_is_that_value(self) -> None:
        assert quantile([7.0], 99) == 7.0

    def test_has_the_ends_at_its_ends(self) -> None:
        assert (quantile([3, 1, 2], 0), quantile([3, 1, 2], 100)) == (1.0, 3.0)
