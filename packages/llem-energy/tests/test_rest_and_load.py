"""A board that was never met before, at rest and then under a steady load.

The one-second average of its power moves for a second at either end of the load and stands still
between: how many updates hide there is not known.
"""

from typing import Any

import pytest
from llem_energy.estimators import COUNTER_BRACKETED
from llem_testing.simulated_gpu import (
    AVERAGE_ONLY,
    CONSUMER,
    CONTINUOUS_COUNTER,
    INSTANT_ONLY,
    SAMPLED_COUNTER,
    VOLTA,
    Sensors,
)

OPENING_S = 1.76
"""What measuring the card and waiting for the first updates takes."""
RESTS_S = (5.5, 6.0, 12.0, 30.0)
LOAD_S = 12.0

resting = pytest.mark.parametrize("rest_s", RESTS_S)


def scene(make_scene: Any, sensors: Sensors, rest_s: float, **more: Any) -> Any:
    start_s = OPENING_S + rest_s
    return make_scene(sensors, load_s=(start_s, start_s + LOAD_S), **more)


@resting
class TestLoadAfterARest:
    @pytest.mark.parametrize(
        "sensors",
        [CONTINUOUS_COUNTER, SAMPLED_COUNTER, AVERAGE_ONLY, CONSUMER, INSTANT_ONLY, VOLTA],
        ids=["continuous", "sampled", "average", "consumer", "instant", "volta"],
    )
    def test_is_as_far_from_the_truth_as_the_reading_says(
        self, make_scene: Any, sensors: Sensors, rest_s: float
    ) -> None:
        of_load = scene(make_scene, sensors, rest_s)
        reading = of_load.reading()
        assert abs(reading.energy_j - of_load.true_j()) <= reading.comparison_uncertainty_j
        assert reading.comparison_uncertainty_j < 0.01 * of_load.true_j()

    @pytest.mark.parametrize(
        "sensors", [CONTINUOUS_COUNTER, SAMPLED_COUNTER], ids=["continuous", "sampled"]
    )
    def test_is_told_by_the_counter_where_it_missed_nothing(
        self, make_scene: Any, sensors: Sensors, rest_s: float
    ) -> None:
        reading = scene(make_scene, sensors, rest_s).reading()
        assert reading.method == COUNTER_BRACKETED

    def test_is_told_by_a_power_that_shows_no_beat_as_closely_as_polls_date_its_steps(
        self, make_scene: Any, rest_s: float
    ) -> None:
        """It steps twice in twelve seconds: an error of few parts may pass k = 2 by a little."""
        full_time = {"compute_capability": (8, 6)}
        of_load = scene(make_scene, INSTANT_ONLY, rest_s, gpu=full_time)
        reading = of_load.reading()
        assert abs(reading.energy_j - of_load.true_j()) <= 1.5 * reading.comparison_uncertainty_j
