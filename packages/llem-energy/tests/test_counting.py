"""A counter that begins again at zero: one wrap is seen, two cannot be told apart from one."""

import pytest
from hypothesis import given, strategies as st
from llem_energy.counting import HIGHEST_W, Counter
from llem_energy.poll import Poll
from llem_energy.recording import Trace

RANGE_J = 65_712.999613
"""Of a DRAM zone: 2^32 units of 15.3 microjoules."""
S = 1_000_000_000


class TestWrap:
    def test_is_growth(self) -> None:
        counter = Counter(RANGE_J)
        shown = [65_600.0, 65_700.0, 87.000387, 187.000387]
        counts = [counter.follow(index * S, value) for index, value in enumerate(shown)]
        assert [count - counts[0] for count in counts] == pytest.approx([0.0, 100.0, 200.0, 300.0])
        assert counter.breaks == []

    @given(
        origin_ns=st.integers(0, 2**62),
        first_j=st.floats(0.0, RANGE_J, exclude_max=True),
        steps=st.lists(
            st.tuples(st.floats(0.001, 20.0), st.floats(0.0, HIGHEST_W)), min_size=1, max_size=40
        ),
    )
    def test_adds_up_whatever_the_origin_of_clock_and_counter(
        self, origin_ns: int, first_j: float, steps: list[tuple[float, float]]
    ) -> None:
        counter = Counter(RANGE_J)
        start_j = counter.follow(origin_ns, first_j)
        at_ns, true_j, before_j = origin_ns, 0.0, start_j
        for seconds, watts in steps:
            at_ns += round(seconds * S)
            true_j += seconds * watts
            count_j = counter.follow(at_ns, (first_j + true_j) % RANGE_J)
            assert count_j >= before_j
            before_j = count_j
        assert before_j - start_j == pytest.approx(true_j, abs=1e-6)
        assert counter.breaks == []


class TestBreak:
    def test_is_a_time_long_enough_for_two_wraps(self) -> None:
        counter = Counter(RANGE_J)
        before_j = counter.follow(0, 100.0)
        assert counter.follow(40 * S, 200.0) == before_j
        (found,) = counter.breaks
        assert (found.start_ns, found.end_ns) == (0, 40 * S)
        assert "not read for 40 s" in found.reason

    @pytest.mark.parametrize("shown_j", [0.0, 12_345.0, 65_000.0])
    def test_is_a_counter_that_was_set_to_something_else(self, shown_j: float) -> None:
        counter = Counter(RANGE_J)
        before_j = counter.follow(0, 30_000.0)
        assert counter.follow(S // 50, shown_j) == before_j
        assert "no wrap" in counter.breaks[0].reason
        assert counter.follow(2 * S // 50, shown_j + 3.0) == pytest.approx(before_j + 3.0)

    @given(
        readings=st.lists(
            st.tuples(st.floats(0.001, 300.0), st.floats(0.0, RANGE_J)), min_size=2, max_size=30
        )
    )
    def test_never_makes_the_count_fall_or_grow_beyond_reason(
        self, readings: list[tuple[float, float]]
    ) -> None:
        counter = Counter(RANGE_J)
        at_ns = 0
        before: tuple[int, float] | None = None
        for seconds, shown_j in readings:
            at_ns += round(seconds * S)
            count_j = counter.follow(at_ns, shown_j)
            if before is not None:
                grown_j = count_j - before[1]
                assert 0.0 <= grown_j <= HIGHEST_W * ((at_ns - before[0]) / S + 0.1)
            before = (at_ns, count_j)


class TestCounterWithoutRange:
    def test_is_recorded_as_it_stands_and_breaks_where_it_falls(self) -> None:
        counter = Counter()
        assert [counter.follow(i, j) for i, j in enumerate([5.0, 7.0, 1.0])] == [5.0, 7.0, 1.0]
        (found,) = counter.breaks
        assert (found.start_ns, found.end_ns) == (1, 2)
        assert "reload" in found.reason


class TestTrace:
    def test_keeps_the_count_without_wraps_and_missing_reads_as_missing(self) -> None:
        trace = Trace("dram-0", RANGE_J)
        for index, shown_j in enumerate([65_700.0, None, 87.0]):
            trace.append(Poll(index * S, energy_j=shown_j))
        first_j, missing_j, last_j = trace.energies_j
        assert missing_j != missing_j  # NaN
        assert last_j - first_j == pytest.approx(RANGE_J - 65_700.0 + 87.0)
        assert trace.break_between(0, 2 * S) is None

    def test_tells_the_break_that_a_span_touches(self) -> None:
        trace = Trace("dram-0", RANGE_J)
        for at_s, shown_j in [(0, 10.0), (1, 20.0), (2, 60_000.0), (3, 60_010.0)]:
            trace.append(Poll(at_s * S, energy_j=shown_j))
        assert trace.break_between(0, S - 1) is None
        assert trace.break_between(S + S // 2, S + S // 2 + 1) is not None
        assert trace.break_between(2 * S + 1, 3 * S) is None
        assert list(trace.rows_without_resets(0, 3 * S, 3 * S).times_ns) == [2 * S, 3 * S]
