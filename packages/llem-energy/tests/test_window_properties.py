"""What holds of windows whatever the load, the clock and the ticks."""

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

loads = st.lists(st.tuples(st.floats(0.05, 1.5), st.floats(50.0, 700.0)), min_size=1, max_size=5)
origins_ns = st.integers(0, 10**15)
few = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def readings(machine: Any, load: list[tuple[float, float]]) -> tuple[Any, list[Any], float]:
    """One window around the whole load, one around each part of it, and the true joules."""
    session = machine.meter.open(machine.uuids)
    machine.work(1.5, 50.0)
    outer = session.begin("outer")
    parts, true_j = [], 0.0
    for seconds, watts in load:
        part = session.begin("part")
        true_j += machine.work(seconds, watts)
        part.end()
        parts.append(part)
    outer.end()
    machine.work(3.0, 50.0)
    return outer.reading(), [part.reading() for part in parts], true_j


class TestWindows:
    @few
    @example(load=[(0.75, 51.0), (0.0625, 77.0)])
    @given(load=loads)
    def test_adjacent_ones_add_up_to_the_enclosing_one(
        self, make_machine: Any, load: list[tuple[float, float]]
    ) -> None:
        whole, parts, _ = readings(make_machine(), load)
        if any(part.energy_j is None for part in parts):
            return
        allowed_j = math.hypot(*(r.comparison_uncertainty_j for r in (whole, *parts)))
        assert abs(whole.energy_j - sum(part.energy_j for part in parts)) <= 1.5 * allowed_j

    @few
    @given(load=loads, origin_ns=origins_ns)
    def test_the_origin_of_the_clock_means_nothing(
        self, make_machine: Any, load: list[tuple[float, float]], origin_ns: int
    ) -> None:
        here, _, _ = readings(make_machine(origin_ns=7_000_000_001), load)
        there, _, _ = readings(make_machine(origin_ns=origin_ns), load)
        assert there.energy_j == pytest.approx(here.energy_j, rel=1e-9)
        assert there.uncertainty_j == pytest.approx(here.uncertainty_j, rel=1e-9)

    @few
    @example(load=[(0.0625, 100.0)], forgotten=0.0, part=0)
    @given(load=loads, forgotten=st.floats(0.0, 1.0), part=st.integers(0, 4))
    def test_a_counter_that_falls_gives_no_figure_of_its_own(
        self, make_machine: Any, load: list[tuple[float, float]], forgotten: float, part: int
    ) -> None:
        """The driver is loaded anew before one part of the load, and has forgotten a share."""
        machine = make_machine()
        session = machine.meter.open(machine.uuids)
        machine.work(1.5, 50.0)
        parts, truths = [], []
        for index, (seconds, watts) in enumerate(load):
            if index == part:
                board = machine.boards[0]
                board.forgotten_j = forgotten * (1000.0 + board.true_j(machine.clock.now_ns))
            window = session.begin("part")
            truths.append(machine.work(seconds, watts))
            window.end()
            parts.append(window)
        machine.work(3.0, 50.0)
        for window, true_j in zip(parts, truths, strict=True):
            reading = window.reading()
            if reading.energy_j is None:
                assert reading.code
                assert reading.reason
            else:
                assert reading.energy_j >= 0.0
                apart_j = abs(reading.energy_j - true_j)
                assert apart_j <= 2 * reading.comparison_uncertainty_j + 0.02 * true_j
