from collections.abc import Callable

import pytest
from hypothesis import given, settings, strategies as st
from llem_testing.simulated_gpu import (
    CONTINUOUS_COUNTER,
    Bursts,
    ConstantPower,
    Gpu,
    Phase,
    Phases,
    PiecewisePower,
    PowerProfile,
    Ramp,
    Scenario,
    SquareWave,
    Truth,
)

START_NS = 77
MS = 1_000_000

SQUARE = SquareWave(low_w=80.0, high_w=400.0, period_s=0.13, duty=0.3, phase_s=0.11)
TEETH = PiecewisePower(points=((0.0, 50.0), (0.3, 250.0), (0.3, 90.0)), repeat_every_s=0.7)

# Each profile beside its power at a second, written without the profiles' own code.
PROFILES: dict[str, tuple[PowerProfile, Callable[[float], float]]] = {
    "constant": (ConstantPower(power_w=123.0), lambda s: 123.0),
    "square": (SQUARE, lambda s: 400.0 if (s - 0.11) % 0.13 < 0.039 else 80.0),
    "ramp": (
        Ramp(from_w=60.0, to_w=300.0, start_s=0.5, end_s=1.25),
        lambda s: 60.0 + 240.0 * min(max((s - 0.5) / 0.75, 0.0), 1.0),
    ),
    "bursts": (
        Bursts(base_w=70.0, burst_w=500.0, spans_s=((0.2, 0.5), (0.9, 1.1))),
        lambda s: 500.0 if 0.2 <= s < 0.5 or 0.9 <= s < 1.1 else 70.0,
    ),
    "piecewise": (
        PiecewisePower(points=((0.0, 50.0), (0.4, 50.0), (0.4, 200.0), (1.0, 100.0))),
        lambda s: 50.0 if s < 0.4 else max(200.0 - 100.0 * (s - 0.4) / 0.6, 100.0),
    ),
    "repeated": (
        TEETH,
        lambda s: 50.0 + 200.0 * (s % 0.7) / 0.3 if s % 0.7 < 0.3 else 90.0,
    ),
    "phases": (
        Phases(
            phases=(Phase(duration_s=0.45, power=ConstantPower(power_w=60.0)),),
            then=Ramp(from_w=60.0, to_w=90.0, start_s=0.0, end_s=0.5),
        ),
        lambda s: 60.0 if s < 0.45 else min(60.0 + 60.0 * (s - 0.45), 90.0),
    ),
}


def truth_of(profile: PowerProfile) -> Truth:
    board = Gpu(uuid="GPU-a", power=profile, sensors=CONTINUOUS_COUNTER)
    return Truth(Scenario(gpus=(board,), start_ns=START_NS))


@pytest.mark.parametrize(("profile", "power_w"), PROFILES.values(), ids=PROFILES)
class TestTruth:
    @pytest.mark.parametrize(("start_ms", "end_ms"), [(0, 2000), (117, 1933), (500, 501)])
    def test_energy_is_what_fine_steps_add_up_to(
        self, profile: PowerProfile, power_w: Callable[[float], float], start_ms: int, end_ms: int
    ) -> None:
        steps = 20_000
        width_s = (end_ms - start_ms) / 1e3 / steps
        summed = sum(power_w(start_ms / 1e3 + (i + 0.5) * width_s) for i in range(steps)) * width_s
        exact = truth_of(profile).energy_j(
            "GPU-a", START_NS + start_ms * MS, START_NS + end_ms * MS
        )
        # A step of the power, 450 W at most, may fall anywhere in one width; 34 at most are met.
        assert exact == pytest.approx(summed, rel=1e-9, abs=34 * 450 * width_s)

    def test_power_is_that_of_the_profile(
        self, profile: PowerProfile, power_w: Callable[[float], float]
    ) -> None:
        truth = truth_of(profile)
        for ms in range(1, 2000, 7):  # no step of a profile is 1 ms after a multiple of 7
            seen = truth.power_w("GPU-a", START_NS + ms * MS + 333)
            assert seen == pytest.approx(power_w((ms * MS + 333) / 1e9), abs=1e-3)

    def test_before_its_start_it_has_the_power_of_its_start(
        self, profile: PowerProfile, power_w: Callable[[float], float]
    ) -> None:
        energy_j = truth_of(profile).energy_j("GPU-a", START_NS - 2_000 * MS, START_NS)
        assert energy_j == pytest.approx(2 * power_w(0.0))


class TestTruthAsAWhole:
    @given(
        st.sampled_from(sorted(PROFILES)),
        st.lists(st.integers(0, 10**10), min_size=3, max_size=3).map(sorted),
    )
    @settings(max_examples=60)
    def test_adjacent_spans_add_up(self, name: str, instants: list[int]) -> None:
        truth = truth_of(PROFILES[name][0])
        first, middle, last = instants
        parts = truth.energy_j("GPU-a", first, middle) + truth.energy_j("GPU-a", middle, last)
        assert parts == pytest.approx(truth.energy_j("GPU-a", first, last), abs=2e-9)

    def test_a_whole_number_of_periods_is_exact(self) -> None:
        square = SquareWave(low_w=100.0, high_w=300.0, period_s=0.02)
        energy_j = truth_of(square).energy_j("GPU-a", START_NS, START_NS + 10**15)
        assert energy_j == 200.0 * 10**6

    def test_an_unknown_board_is_refused(self) -> None:
        with pytest.raises(ValueError, match="GPU-z"):
            truth_of(ConstantPower(power_w=1.0)).energy_j("GPU-z", 0, 1)
