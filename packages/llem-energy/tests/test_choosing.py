"""Which estimate is believed."""

import pytest
from llem_energy.choosing import DISAGREEMENT, choose
from llem_energy.estimators import (
    COUNTER_BRACKETED,
    POWER_AVERAGE,
    POWER_INSTANT,
    SAMPLING,
    Estimate,
)


def estimate(
    method: str, energy_j: float | None, sigma_j: float = 1.0, *, part_time: bool = False
) -> Estimate:
    terms = {"gain": 30.0, SAMPLING if part_time else "edges": sigma_j}
    return Estimate(
        method,
        energy_j,
        terms if energy_j is not None else {},
        reason=None if energy_j is not None else "it failed",
        part_time=part_time,
    )


class TestChoice:
    def test_is_the_first_that_there_is(self) -> None:
        choice = choose([estimate(COUNTER_BRACKETED, None), estimate(POWER_INSTANT, 500.0)])
        assert choice is not None
        assert choice.estimate.method == POWER_INSTANT
        assert choice.reason == "counter_bracketed was passed over: it failed"

    def test_is_none_where_all_are_empty(self) -> None:
        assert choose([estimate(COUNTER_BRACKETED, None)]) is None

    def test_keeps_what_the_others_gave(self) -> None:
        choice = choose([estimate(COUNTER_BRACKETED, 500.0), estimate(POWER_INSTANT, 501.0)])
        assert choice is not None
        assert choice.alternatives == {POWER_INSTANT: 501.0}
        assert choice.flags == ()

    def test_carries_a_distance_that_nobody_explains(self) -> None:
        choice = choose([estimate(COUNTER_BRACKETED, 500.0), estimate(POWER_INSTANT, 560.0)])
        assert choice is not None
        assert choice.estimate.energy_j == 500.0
        assert choice.estimate.terms[DISAGREEMENT] == pytest.approx(60 / 3**0.5)
        assert choice.flags == ("sensor_disagreement",)

    def test_does_not_where_a_third_one_takes_its_side(self) -> None:
        choice = choose(
            [
                estimate(COUNTER_BRACKETED, 500.0),
                estimate(POWER_INSTANT, 560.0),
                estimate(POWER_AVERAGE, 501.0),
            ]
        )
        assert choice is not None
        assert DISAGREEMENT not in choice.estimate.terms
        assert choice.flags == ("sensor_disagreement",)

    def test_does_not_for_one_that_sees_a_part_of_the_time_only(self) -> None:
        blind = estimate(POWER_INSTANT, 560.0, part_time=True)
        choice = choose([estimate(COUNTER_BRACKETED, 500.0), blind])
        assert choice is not None
        assert DISAGREEMENT not in choice.estimate.terms

    def test_leaves_a_blind_sensor_for_one_that_saw_other_energy(self) -> None:
        blind = estimate(COUNTER_BRACKETED, 300.0, 2.0, part_time=True)
        choice = choose([blind, estimate(POWER_AVERAGE, 500.0)])
        assert choice is not None
        assert choice.estimate.energy_j == 500.0
        assert "part of the time" in choice.reason

    def test_stays_with_a_blind_sensor_that_missed_nothing(self) -> None:
        blind = estimate(COUNTER_BRACKETED, 500.0, 40.0, part_time=True)
        choice = choose([blind, estimate(POWER_AVERAGE, 500.5)])
        assert choice is not None
        assert choice.estimate.method == COUNTER_BRACKETED
        assert choice.estimate.terms[SAMPLING] == pytest.approx((1 + 0.25) ** 0.5)

    def test_stays_with_it_where_the_other_may_have_strayed_and_states_the_distance(self) -> None:
        blind = estimate(COUNTER_BRACKETED, 500.0, 2.0, part_time=True)
        choice = choose([blind, estimate(POWER_AVERAGE, 502.5)])
        assert choice is not None
        assert choice.estimate.method == COUNTER_BRACKETED
        assert choice.estimate.terms[SAMPLING] == pytest.approx((1 + 2.5**2) ** 0.5)

    def test_does_not_move_from_one_blind_sensor_to_another(self) -> None:
        blind = estimate(COUNTER_BRACKETED, 500.0, 40.0, part_time=True)
        other = estimate(POWER_AVERAGE, 460.0, 1.0, part_time=True)
        choice = choose([blind, other])
        assert choice is not None
        assert choice.estimate.method == COUNTER_BRACKETED
