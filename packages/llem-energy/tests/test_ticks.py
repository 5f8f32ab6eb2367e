"""Dating of updates, as pure arithmetic."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from llem_energy.ticks import Beat, Dated, Update, date, updates

TICK_S = 0.1


def polled(
    offsets: list[float], phase_s: float, ticks: int = 40
) -> tuple[list[float], list[float]]:
    """Polls about every 20 ms, early or late by the offsets in turn, and what they see."""
    times = [0.02 * n + offsets[n % len(offsets)] for n in range(int(ticks * TICK_S / 0.02))]
    return times, [float((at_s - phase_s) // TICK_S) for at_s in times]


offsets = st.lists(st.floats(-0.009, 0.009), min_size=7, max_size=31)
phases = st.floats(0.0, TICK_S)


def moving_twice(phase_s: float, apart: int, known: Beat | None = None) -> Dated:
    """Ten updates, as of a one-second average that rises, and ten more `apart` ticks later.

    The polls are a third of a tick apart, early or late as a polling loop makes them. The values
    are the numbers of the ticks.
    """
    step_s = TICK_S / 3
    times = [(n + (n * 0.6180339887) % 1 - 0.5) * step_s for n in range((apart + 45) * 3)]
    moved = [*range(20, 31), *range(20 + apart, 31 + apart)]
    values = [
        float(max((number for number in moved if number <= (at_s - phase_s) // TICK_S), default=0))
        for at_s in times
    ]
    return date(updates(times, [0.0] * len(times), values), known)


class TestUpdates:
    def test_lie_between_the_polls_that_saw_them(self) -> None:
        seen = updates([0.0, 1.0, 2.0], [0.1, 0.1, 0.1], [5.0, 5.0, 6.0])
        assert seen == [Update(0.9, 2.1, 6.0)]

    def test_are_wider_where_a_poll_failed(self) -> None:
        seen = updates([0.0, 1.0, 2.0], [0.0] * 3, [5.0, float("nan"), 6.0])
        assert seen == [Update(0.0, 2.0, 6.0)]

    def test_of_a_value_that_stands_still_are_none(self) -> None:
        assert updates([0.0, 1.0], [0.0, 0.0], [5.0, 5.0]) == []


class TestDated:
    @given(offsets=offsets, phase_s=phases)
    def test_every_date_holds_the_truth_within_its_width(
        self, offsets: list[float], phase_s: float
    ) -> None:
        times, values = polled(offsets, phase_s)
        for tick in date(updates(times, [0.0] * len(times), values)).ticks:
            true_s = phase_s + TICK_S * tick.value
            assert abs(tick.at_s - true_s) <= tick.half_s + 1e-9

    def test_a_steady_beat_is_dated_more_closely_than_it_is_polled(self) -> None:
        spread = [((n * 0.618) % 1 - 0.5) * 0.02 for n in range(31)]
        times, values = polled(spread, 0.0371)
        dated = date(updates(times, [0.0] * len(times), values))
        assert dated.period_s == pytest.approx(TICK_S, rel=1e-3)
        middle = dated.ticks[len(dated.ticks) // 2]
        assert middle.half_s < 0.001

    @given(offsets=offsets, phase_s=phases, origin_s=st.integers(0, 10**6).map(float))
    def test_the_origin_of_the_clock_does_not_matter(
        self, offsets: list[float], phase_s: float, origin_s: float
    ) -> None:
        times, values = polled(offsets, phase_s)
        halves = [0.0] * len(times)
        here = date(updates(times, halves, values)).ticks
        there = date(updates([at + origin_s for at in times], halves, values)).ticks
        for one, other in zip(here, there, strict=True):
            assert other.at_s - origin_s == pytest.approx(
                one.at_s, abs=max(one.half_s, other.half_s) + 1e-6
            )

    def test_missing_updates_leave_the_beat_as_it_is(self) -> None:
        times, values = polled([0.0, 0.003, -0.004], 0.0371)
        held = [12.0 if 12 <= value < 18 else value for value in values]
        dated = date(updates(times, [0.0] * len(times), held))
        assert dated.period_s == pytest.approx(TICK_S, rel=0.01)
        for tick in dated.ticks:
            assert abs(tick.at_s - (0.0371 + TICK_S * tick.value)) <= tick.half_s + 1e-9

    @given(phase_s=phases, apart=st.integers(15, 200))
    def test_a_pause_whose_updates_nobody_can_count_says_nothing_of_the_period(
        self, phase_s: float, apart: int
    ) -> None:
        dated = moving_twice(phase_s, apart)
        assert dated.period_s is not None
        assert abs(dated.period_s - TICK_S) <= dated.period_half_s + 1e-9
        for tick in dated.ticks:
            assert abs(tick.at_s - (phase_s + TICK_S * tick.value)) <= tick.half_s + 1e-9

    @given(phase_s=phases, apart=st.integers(15, 200))
    def test_a_beat_that_is_known_well_enough_counts_them(self, phase_s: float, apart: int) -> None:
        dated = moving_twice(phase_s, apart, Beat(TICK_S, 1e-5))
        assert dated.resting_on == len(dated.ticks)
        assert abs(dated.period_s - TICK_S) <= dated.period_half_s + 1e-9

    def test_a_few_show_no_period(self) -> None:
        """They may have the distances of the load."""
        seen = [Update(at, at + 0.01, at) for at in (0.0, 0.3, 0.6, 0.9)]
        assert date(seen).period_s is None

    def test_without_a_beat_each_update_keeps_its_own_interval(self) -> None:
        seen = [Update(at, at + 0.002, at) for at in (0.0, 0.1, 0.17, 0.33, 0.38, 0.51)]
        for update, tick in zip(seen, date(seen).ticks, strict=True):
            assert tick.at_s == pytest.approx(update.middle_s)
            assert tick.half_s == pytest.approx(0.001)

    def test_updates_come_in_order(self) -> None:
        times, values = polled([0.004, -0.007, 0.0], 0.02)
        ticks = date(updates(times, [0.0] * len(times), values)).ticks
        assert all(earlier.at_s < later.at_s for earlier, later in pairwise(ticks))

    def test_nothing_seen_says_nothing(self) -> None:
        assert date([]).period_s is None
