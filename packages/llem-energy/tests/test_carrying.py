"""The energy of a curve between its knots, as pure arithmetic."""

import pytest
from hypothesis import given, strategies as st
from llem_energy.carrying import carry
from llem_energy.tracks import Knot, Track

PERIOD_S = 0.1


def curve(powers_w: list[float], half_s: float = 0.0) -> Track:
    """A curve with a knot at every update, the first at 0 s."""
    knots = [Knot(0.0, half_s, 0.0)]
    for power_w in powers_w:
        last = knots[-1]
        knots.append(Knot(last.at_s + PERIOD_S, half_s, last.energy_j + power_w * PERIOD_S))
    return Track(knots, PERIOD_S)


powers = st.lists(st.floats(0, 1000), min_size=20, max_size=40)


class TestCarry:
    def test_a_load_that_begins_in_an_update_is_told_from_the_quiet_before(self) -> None:
        """60 W until 1.03 s, then 300 W."""
        track = curve([60.0] * 10 + [0.3 * 60 + 0.7 * 300] + [300.0] * 10)
        start = carry(track, 1.03, window_is_right=True)
        assert start is not None
        assert start.energy_j == pytest.approx(60.0 * 1.03)
        assert start.outside

    def test_a_load_that_ends_in_an_update_is_told_from_the_quiet_after(self) -> None:
        track = curve([300.0] * 10 + [0.3 * 300 + 0.7 * 60] + [60.0] * 10)
        end = carry(track, 1.03, window_is_right=False)
        assert end is not None
        assert end.energy_j == pytest.approx(300.0 * 1.03)
        assert end.outside

    def test_a_sensor_that_lags_loses_nothing_at_a_quiet_end(self) -> None:
        """The load ends at 1.03 s, and the counter tells it an update late."""
        late = [300.0] * 11 + [0.3 * 300 + 0.7 * 60] + [60.0] * 10
        end = carry(curve(late), 1.03, window_is_right=False)
        assert end is not None
        assert end.energy_j == pytest.approx(300.0 * 1.13 - 60.0 * 0.0, rel=0.02)

    def test_what_another_load_uses_right_after_is_not_taken_for_lag(self) -> None:
        """50 W until 1.05 s, 126 W for 125 ms, and quiet again."""
        burst = [50.0 * 0.5 + 126.0 * 0.5, 126.0 * 0.75 + 50.0 * 0.25]
        end = carry(curve([50.0] * 10 + burst + [50.0] * 10), 1.05, window_is_right=False)
        assert end is not None
        assert end.energy_j == pytest.approx(50.0 * 1.05, abs=2 * end.sigma_j)
        assert end.sigma_j < 2.0

    def test_between_two_loads_the_step_is_found(self) -> None:
        track = curve([180.0] * 10 + [0.4 * 180 + 0.6 * 420] + [420.0] * 10)
        for window_is_right in (True, False):
            carried = carry(track, 1.04, window_is_right=window_is_right)
            assert carried is not None
            assert carried.energy_j == pytest.approx(180.0 * 1.04)

    def test_a_burst_that_may_be_on_either_side_is_doubted(self) -> None:
        """20 ms of 300 W in the update of the end: 1.05 s."""
        track = curve([60.0] * 10 + [60.0 + 0.2 * 240] + [60.0] * 10)
        end = carry(track, 1.05, window_is_right=False)
        assert end is not None
        assert end.sigma_j == pytest.approx(4.8 / 3**0.5, rel=0.05)

    def test_a_burst_before_a_quiet_end_stays_inside(self) -> None:
        """20 ms of 300 W that end with the window at 1.05 s."""
        track = curve([60.0] * 10 + [60.0 + 0.2 * 240] + [60.0] * 10)
        end = carry(track, 1.05, window_is_right=False)
        assert end is not None
        assert end.energy_j == pytest.approx(60.0 * 1.05 + 4.8)

    @given(powers_w=powers, at_s=st.floats(0.01, 1.9))
    def test_the_error_is_stated_and_never_negative(
        self, powers_w: list[float], at_s: float
    ) -> None:
        carried = carry(curve(powers_w, 0.001), at_s, window_is_right=True)
        assert carried is not None
        assert carried.sigma_j >= 0.0

    def test_unsteady_power_is_less_certain_than_steady_power(self) -> None:
        steady = carry(curve([100.0] * 20), 1.05, window_is_right=True)
        moving = carry(curve([20.0, 180.0] * 10), 1.05, window_is_right=True)
        assert steady is not None
        assert moving is not None
        assert moving.sigma_j > 5 * steady.sigma_j

    def test_before_the_first_and_after_the_last_knot_nothing_is_said(self) -> None:
        track = curve([100.0] * 10)
        assert carry(track, -0.01, window_is_right=True) is None
        assert carry(track, 1.01, window_is_right=False) is None
