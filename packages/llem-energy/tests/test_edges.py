"""The counter between its updates, as pure arithmetic."""

import math

from hypothesis import given, settings, strategies as st
from llem_energy.edges import counter_at, find_edges
from llem_energy.estimators import counter_edges
from llem_energy.rows import Rows

POLL_NS, TICK_NS = 20_000_000, 100_000_000

powers = st.lists(st.floats(min_value=0, max_value=1000, allow_nan=False), min_size=80, max_size=80)
instants = st.integers(min_value=1_000_000_000, max_value=6_000_000_000)


def polled(watts_per_tick: list[float], origin_ns: int = 0) -> Rows:
    """A counter that publishes every tick what has been used by then."""
    published = [0.0]
    for watts in watts_per_tick:
        published.append(published[-1] + watts * TICK_NS / 1e9)
    times = list(range(0, len(watts_per_tick) * TICK_NS, POLL_NS))
    values = [published[at_ns // TICK_NS] for at_ns in times]
    return Rows([origin_ns + at_ns for at_ns in times], values, [math.nan] * len(times))


class TestFoundEdges:
    def test_each_update_is_one_edge_dated_within_a_poll(self) -> None:
        edges = find_edges(*_columns(polled([100.0] * 10)))
        assert len(edges) == 9
        for number, edge in enumerate(edges, start=1):
            assert abs(edge.at_ns - number * TICK_NS) <= edge.half_width_ns <= POLL_NS

    def test_a_failed_poll_widens_the_edge_and_moves_nothing(self) -> None:
        rows = polled([100.0] * 10)
        holed = [math.nan if index == 25 else v for index, v in enumerate(rows.energies_j)]
        edges = find_edges(rows.times_ns, holed)
        assert [edge.energy_j for edge in edges] == [10.0 * n for n in range(1, 10)]
        assert max(edge.half_width_ns for edge in edges) == POLL_NS

    def test_a_device_that_never_updates_has_no_edges(self) -> None:
        assert find_edges([0, 1, 2], [5.0, 5.0, 5.0]) == []


class TestCarriedCounter:
    def test_one_step_between_edges_is_found_where_it_was(self) -> None:
        """50 W, then 500 W from 30 ms after a tick on: the mean of that tick says so."""
        stepped = [50.0] * 20 + [0.3 * 50.0 + 0.7 * 500.0] + [500.0] * 20
        edges = find_edges(*_columns(polled(stepped)))
        step_ns = 20 * TICK_NS + 30_000_000 - POLL_NS // 2
        carried = counter_at(edges, step_ns)
        assert carried is not None
        true_j = 20 * 5.0 + 0.03 * 50.0
        assert abs(carried.energy_j - true_j) < 1e-6

    def test_before_the_first_and_after_the_last_edge_nothing_is_said(self) -> None:
        edges = find_edges(*_columns(polled([100.0] * 10)))
        assert counter_at(edges, 0) is None
        assert counter_at(edges, 10 * TICK_NS) is None


class TestCounterEdges:
    @settings(max_examples=60, deadline=None)
    @given(powers, st.lists(instants, min_size=3, max_size=3).map(sorted))
    def test_adjacent_windows_add_up_to_the_enclosing_one(
        self, watts: list[float], cuts: list[int]
    ) -> None:
        rows = polled(watts)
        whole, first, second = (
            counter_edges(rows, *ends).energy_j
            for ends in ((cuts[0], cuts[2]), (cuts[0], cuts[1]), (cuts[1], cuts[2]))
        )
        if whole is not None and first is not None and second is not None:
            assert math.isclose(whole, first + second, abs_tol=1e-6)

    @settings(max_examples=60, deadline=None)
    @given(powers, instants, instants, st.integers(min_value=0, max_value=2**61))
    def test_the_clocks_origin_changes_nothing(
        self, watts: list[float], one: int, other: int, origin_ns: int
    ) -> None:
        start, end = sorted((one, other))
        here = counter_edges(polled(watts), start, end)
        there = counter_edges(polled(watts, origin_ns), origin_ns + start, origin_ns + end)
        assert here == there

    @settings(max_examples=60, deadline=None)
    @given(powers, instants, instants)
    def test_the_energy_lies_between_nothing_and_what_the_counter_grew(
        self, watts: list[float], one: int, other: int
    ) -> None:
        start, end = sorted((one, other))
        estimate = counter_edges(polled(watts), start, end)
        if estimate.energy_j is not None:
            assert 0.0 <= estimate.energy_j <= sum(watts) * TICK_NS / 1e9

    @settings(max_examples=60, deadline=None)
    @given(powers, instants, instants, st.integers(min_value=20, max_value=300))
    def test_a_counter_that_falls_never_gives_an_absurd_figure(
        self, watts: list[float], one: int, other: int, fall: int
    ) -> None:
        start, end = sorted((one, other))
        rows = polled(watts)
        lost_j = rows.energies_j[fall]
        fallen = [v - lost_j if i >= fall else v for i, v in enumerate(rows.energies_j)]
        estimate = counter_edges(Rows(rows.times_ns, fallen, rows.powers_w), start, end)
        if estimate.energy_j is not None:
            assert 0.0 <= estimate.energy_j <= sum(watts) * TICK_NS / 1e9


def _columns(rows: Rows) -> tuple[list[int], list[float]]:
    return list(rows.times_ns), list(rows.energies_j)
