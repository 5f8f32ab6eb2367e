"""Intervals hold the truth as often as they say, count clusters, and agree with a bootstrap."""

import statistics
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, strategies as st
from llem_stats import (
    LEAST_CLUSTERS,
    Interval,
    mean_interval,
    quantile,
    quantile_interval,
    ratio_interval,
    student_t,
)

Clusters = list[list[float]]
CLUSTERS = st.lists(
    st.lists(st.floats(0, 1e3), min_size=1, max_size=6), min_size=LEAST_CLUSTERS, max_size=20
)


def drawn(random: Random, clusters: int, size: int) -> Clusters:
    """Batches whose members share half of their variance; mean and median are 100."""
    batches = []
    for _ in range(clusters):
        shared = random.gauss(0, 5)
        batches.append([100 + shared + random.gauss(0, 5) for _ in range(size)])
    return batches


def held(interval: Callable[[Clusters], Interval | None], truth: float) -> float:
    """Share of 400 seeded draws of 20 batches whose interval holds the truth."""
    random = Random(11)
    found = [interval(drawn(random, 20, 8)) for _ in range(400)]
    inside = [i.lower <= truth <= i.upper for i in found if i is not None]
    assert len(inside) == 400
    return statistics.fmean(inside)


class TestCoverage:
    def test_of_the_mean_is_what_it_says(self) -> None:
        assert 0.92 <= held(mean_interval, 100.0) <= 0.98

    def test_of_the_median_is_what_it_says(self) -> None:
        assert 0.92 <= held(lambda batches: quantile_interval(batches, 50), 100.0) <= 0.99

    def test_would_be_missed_by_counting_requests(self) -> None:
        def as_if_independent(batches: Clusters) -> Interval | None:
            return mean_interval([[value] for batch in batches for value in batch])

        assert held(as_if_independent, 100.0) < 0.8


class TestRatio:
    def drawn(self, random: Random) -> tuple[list[float], list[float]]:
        """Tokens and seconds of 20 batches of one to eight requests, at 50 tokens a second."""
        tokens = [64.0 * random.randint(1, 8) for _ in range(20)]
        return tokens, [part / 50 * random.gauss(1, 0.05) for part in tokens]

    def test_holds_the_truth_as_often_as_it_says(self) -> None:
        random = Random(5)
        found = [ratio_interval(*self.drawn(random)) for _ in range(400)]
        inside = [i.lower <= 50.0 <= i.upper for i in found if i is not None]
        assert len(inside) == 400
        assert 0.92 <= statistics.fmean(inside) <= 0.98

    def test_is_a_matter_of_the_ratio_and_not_of_the_sizes(self) -> None:
        sizes = [float(2**exponent) for exponent in range(10)]
        found = ratio_interval([3 * size for size in sizes], sizes)
        assert found == Interval(3.0, 3.0)

    def test_is_half_as_wide_with_four_times_the_clusters(self) -> None:
        parts, sizes = self.drawn(Random(2))
        some, more = ratio_interval(parts, sizes), ratio_interval(parts * 4, sizes * 4)
        assert some is not None
        assert more is not None
        width = (more.upper - more.lower) / (some.upper - some.lower)
        by_hand = (19 / 79) ** 0.5 * student_t(0.95, 79) / student_t(0.95, 19)
        assert width == pytest.approx(by_hand)

    @given(CLUSTERS)
    def test_of_sums_and_counts_is_the_interval_of_the_mean(self, batches: Clusters) -> None:
        sums, counts = [sum(batch) for batch in batches], [float(len(batch)) for batch in batches]
        of_mean, of_ratio = mean_interval(batches), ratio_interval(sums, counts)
        assert of_mean is not None
        assert of_ratio is not None
        assert of_ratio.lower == pytest.approx(of_mean.lower, abs=1e-6)
        assert of_ratio.upper == pytest.approx(of_mean.upper, abs=1e-6)

    def test_needs_a_number_of_clusters(self) -> None:
        assert ratio_interval([1.0] * (LEAST_CLUSTERS - 1), [1.0] * (LEAST_CLUSTERS - 1)) is None


class TestBootstrap:
    def test_of_clusters_says_the_same(self) -> None:
        random = Random(3)
        batches = drawn(random, 40, 8)

        def of(statistic: Callable[[list[float]], float]) -> Interval:
            again = sorted(
                statistic([v for batch in random.choices(batches, k=40) for v in batch])
                for _ in range(600)
            )
            return Interval(quantile(again, 2.5), quantile(again, 97.5))

        for ours, theirs in (
            (mean_interval(batches), of(statistics.fmean)),
            (quantile_interval(batches, 50), of(statistics.median)),
        ):
            assert ours is not None
            width = theirs.upper - theirs.lower
            assert ours.lower == pytest.approx(theirs.lower, abs=0.25 * width)
            assert ours.upper == pytest.approx(theirs.upper, abs=0.25 * width)


class TestInterval:
    @given(CLUSTERS)
    def test_holds_its_own_point(self, batches: Clusters) -> None:
        values = [value for batch in batches for value in batch]
        of_mean = mean_interval(batches)
        assert of_mean is not None
        assert of_mean.lower - 1e-9 <= statistics.fmean(values) <= of_mean.upper + 1e-9
        for percent in (10, 50, 90):
            found = quantile_interval(batches, percent)
            if found is not None:
                assert found.lower <= quantile(values, percent) <= found.upper

    @given(CLUSTERS, st.floats(0.5, 8), st.floats(-100, 100))
    def test_moves_and_grows_with_the_values(
        self, batches: Clusters, factor: float, shift: float
    ) -> None:
        moved = [[factor * value + shift for value in batch] for batch in batches]
        before, after = mean_interval(batches), mean_interval(moved)
        assert before is not None
        assert after is not None
        assert after.lower == pytest.approx(factor * before.lower + shift, abs=1e-6)
        assert after.upper == pytest.approx(factor * before.upper + shift, abs=1e-6)

    def test_of_equal_values_is_that_value(self) -> None:
        assert mean_interval([[5.0, 5.0]] * 9) == Interval(5.0, 5.0)
        assert quantile_interval([[5.0, 5.0]] * 40, 50) == Interval(5.0, 5.0)

    def test_widens_with_the_level(self) -> None:
        batches = drawn(Random(1), 12, 4)
        some, more = mean_interval(batches, 0.5), mean_interval(batches, 0.99)
        assert some is not None
        assert more is not None
        assert more.lower < some.lower < some.upper < more.upper

    def test_needs_a_number_of_clusters(self) -> None:
        few = drawn(Random(1), LEAST_CLUSTERS - 1, 100)
        assert mean_interval(few) is None
        assert quantile_interval(few, 50) is None

    def test_of_a_percentile_needs_values_beyond_it(self) -> None:
        few = drawn(Random(1), 100, 1)
        assert quantile_interval(few, 50) is not None
        assert quantile_interval(few, 99) is None
        assert quantile_interval(drawn(Random(1), 1000, 1), 99) is not None


class TestStudentT:
    @pytest.mark.parametrize(
        ("degrees", "table"), [(7, 2.3646), (10, 2.2281), (30, 2.0423), (1000, 1.9623)]
    )
    def test_is_that_of_the_tables(self, degrees: int, table: float) -> None:
        assert student_t(0.95, degrees) == pytest.approx(table, rel=1e-3)
