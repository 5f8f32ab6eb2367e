"""A counter between two polls: exact beside a quiet stretch, and honest where nothing is quiet."""

import math
import random
from bisect import bisect_right

import pytest
from llem_energy.polled_counter import energy_at
from llem_energy.tracks import Knot

GOLDEN = (5**0.5 - 1) / 2


class Load:
    """Power in steps of random length and height."""

    def __init__(self, rng: random.Random, mean_s: float, length_s: float) -> None:
        self.starts_s, self.watts, self.joules = [0.0], [0.0], [0.0]
        while self.starts_s[-1] < length_s:
            step_s = rng.expovariate(1 / mean_s)
            self.watts.append(rng.uniform(40.0, 200.0))
            self.joules.append(self.joules[-1] + step_s * self.watts[-1])
            self.starts_s.append(self.starts_s[-1] + step_s)
        del self.watts[0]

    def used_j(self, at_s: float) -> float:
        index = min(bisect_right(self.starts_s, at_s) - 1, len(self.watts) - 1)
        return self.joules[index] + self.watts[index] * (at_s - self.starts_s[index])


def polled(load: Load, rng: random.Random, length_s: float, update_s: float = 0.001) -> list[Knot]:
    """The counter, renewed every millisecond and polled about every 20."""
    knots = []
    for number in range(1, int(length_s / 0.02)):
        at_s = 0.02 * (number + number * GOLDEN % 1 - 0.5) + rng.uniform(0.0, 0.0005)
        shown_j = load.used_j(at_s - at_s % update_s)
        knots.append(Knot(at_s - update_s / 2, update_s / 2, shown_j))
    return knots


class TestQuietStretch:
    @pytest.mark.parametrize("offset_s", [0.0, 0.003, 0.007, 0.013, 0.019])
    def test_tells_the_energy_before_a_step_of_power(self, offset_s: float) -> None:
        step_s = 1.0 + offset_s

        def used_j(at_s: float) -> float:
            return 40.0 * at_s + 120.0 * max(at_s - step_s, 0.0)

        knots = [Knot(0.02 * n, 0.0, used_j(0.02 * n)) for n in range(100)]
        reached = energy_at(knots, step_s)
        assert reached is not None
        assert reached.energy_j == pytest.approx(40.0 * step_s, abs=1e-9)

    def test_tells_it_after_one_as_well(self) -> None:
        def used_j(at_s: float) -> float:
            return 160.0 * min(at_s, 1.007) + 40.0 * max(at_s - 1.007, 0.0)

        knots = [Knot(0.02 * n, 0.0, used_j(0.02 * n)) for n in range(100)]
        reached = energy_at(knots, 1.007)
        assert reached is not None
        assert reached.energy_j == pytest.approx(160.0 * 1.007, abs=1e-9)


class TestStatedError:
    @pytest.mark.parametrize("mean_s", [0.003, 0.03, 0.3, 3.0])
    def test_holds_the_truth_as_often_as_it_says_and_is_of_use(self, mean_s: float) -> None:
        inside, errors_j, stated_j = 0, [], []
        for seed in range(150):
            rng = random.Random(seed)
            load = Load(rng, mean_s, 2.0)
            at_s = rng.uniform(0.8, 1.2)
            reached = energy_at(polled(load, rng, 2.0), at_s)
            assert reached is not None
            errors_j.append(abs(reached.energy_j - load.used_j(at_s)))
            stated_j.append(2 * reached.sigma_j)
            inside += errors_j[-1] <= stated_j[-1]
        assert inside >= 0.92 * 150
        assert sorted(stated_j)[75] <= 8 * sorted(errors_j)[75]


class TestWithoutPolls:
    def test_on_either_side_nothing_is_said(self) -> None:
        knots = [Knot(0.02 * n, 0.0, float(n)) for n in range(10)]
        assert energy_at(knots, -0.01) is None
        assert energy_at(knots, 0.19) is None
        assert energy_at([], 0.0) is None

    def test_beyond_the_two_around_it_any_of_their_energy_may_be_on_either_side(self) -> None:
        reached = energy_at([Knot(0.0, 0.0, 0.0), Knot(1.0, 0.0, 100.0)], 0.5)
        assert reached is not None
        assert reached.energy_j == 50.0
        assert reached.sigma_j == pytest.approx(50.0)
        assert math.isfinite(reached.sigma_j)
