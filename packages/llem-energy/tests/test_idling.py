"""How well an idle power is known."""

from random import Random

import pytest
from llem_energy.idling import idling


class TestIdling:
    def test_independent_samples_count_in_full(self) -> None:
        chance = Random(1)
        found = idling([chance.gauss(60, 2) for _ in range(400)])
        assert found.effective_samples == pytest.approx(400, rel=0.15)
        assert found.standard_error_w == pytest.approx(0.1, rel=0.2)

    def test_a_sample_that_is_seen_five_times_counts_about_once(self) -> None:
        chance = Random(1)
        values = [chance.gauss(60, 2) for _ in range(100)]
        found = idling([value for value in values for _ in range(5)])
        assert found.effective_samples == pytest.approx(55, rel=0.3)

    def test_a_wandering_power_is_known_less_well_than_it_looks(self) -> None:
        chance, at, values = Random(1), 0.0, []
        for _ in range(400):
            at = 0.95 * at + chance.gauss(0, 1)
            values.append(60 + at)
        found = idling(values)
        assert found.effective_samples is not None
        assert found.effective_samples < 25

    def test_a_drift_is_told(self) -> None:
        assert idling([60 + 0.1 * n for n in range(101)]).drift_w == pytest.approx(10.0)

    def test_a_steady_power_has_no_error(self) -> None:
        assert idling([60.0] * 30).standard_error_w == 0.0

    def test_one_sample_says_nothing_of_its_error(self) -> None:
        found = idling([60.0])
        assert (found.std_w, found.standard_error_w, found.drift_w) == (None, None, None)
