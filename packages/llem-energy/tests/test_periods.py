"""The sample series at a slower beat."""

import pytest
from llem_contracts import Sample
from llem_energy.periods import per_period

BEGIN_NS = 10**18 + 7


def sample(at_s: float, device: str = "GPU-0", **values: float) -> Sample:
    return Sample(BEGIN_NS + round(at_s * 1e9), device, **values)


class TestPeriod:
    def test_has_the_mean_of_the_powers_and_the_latest_of_the_rest(self) -> None:
        samples = [
            sample(0.0, power_w=100.0, energy_j=1000.0, temperature_c=40.0),
            sample(0.4, power_w=200.0),
            sample(0.9, energy_j=1150.0),
            sample(1.0, power_w=300.0, energy_j=1180.0),
        ]
        assert per_period(samples, 1.0) == [
            sample(0.9, power_w=150.0, energy_j=1150.0, temperature_c=40.0),
            sample(1.0, power_w=300.0, energy_j=1180.0),
        ]

    def test_is_the_same_for_all_devices(self) -> None:
        samples = [
            sample(0.0, "GPU-0", power_w=10.0),
            sample(0.5, "GPU-1", power_w=20.0),
            sample(0.9, "GPU-0", power_w=30.0),
            sample(1.5, "GPU-1", power_w=40.0),
        ]
        assert per_period(samples, 1.0) == [
            sample(0.5, "GPU-1", power_w=20.0),
            sample(0.9, "GPU-0", power_w=20.0),
            sample(1.5, "GPU-1", power_w=40.0),
        ]

    def test_without_a_sample_has_no_row(self) -> None:
        samples = [sample(0.0, power_w=10.0), sample(3.5, power_w=20.0)]
        assert per_period(samples, 1.0) == samples

    def test_without_a_power_has_none(self) -> None:
        assert per_period([sample(0.0, energy_j=5.0)], 1.0) == [sample(0.0, energy_j=5.0)]

    def test_is_longer_than_nothing(self) -> None:
        assert per_period([], 1.0) == []
        for period_s in (0.0, -1.0, float("nan")):
            with pytest.raises(ValueError, match="longer than 0"):
                per_period([], period_s)
