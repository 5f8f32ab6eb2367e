"""Joules between two instants of a series."""

import pytest
from hypothesis import given, strategies as st
from llem_contracts import Sample
from llem_harness.power_integral import PowerSeries

SECOND = 1_000_000_000


def series(*powers_w: float | None, device: str = "GPU-a", every_ns: int = SECOND) -> list[Sample]:
    return [
        Sample(monotonic_ns=number * every_ns, device=device, power_w=power)
        for number, power in enumerate(powers_w)
    ]


class TestPowerSeries:
    def test_of_constant_power_is_power_times_time(self) -> None:
        power = PowerSeries(series(*[50.0] * 20))
        assert power.energy_between_j(3 * SECOND // 2, 10 * SECOND) == pytest.approx(8.5 * 50)

    def test_of_rising_power_is_the_area_below_the_line(self) -> None:
        power = PowerSeries(series(*map(float, range(20))))
        # from 2.5 W to 10 W within 7.5 s
        assert power.energy_between_j(5 * SECOND // 2, 10 * SECOND) == pytest.approx(6.25 * 7.5)

    def test_sums_the_devices(self) -> None:
        both = [*series(*[50.0] * 9), *series(*[70.0] * 9, device="GPU-b")]
        assert PowerSeries(both).energy_between_j(0, 8 * SECOND) == pytest.approx(8 * 120)

    def test_goes_on_with_the_nearest_power_beyond_the_series(self) -> None:
        power = PowerSeries(series(*[50.0] * 9))
        assert power.energy_between_j(-SECOND, 9 * SECOND) == pytest.approx(10 * 50)

    def test_is_none_with_few_samples_of_any_device(self) -> None:
        both = [*series(*[50.0] * 9), *series(*[None] * 6, 1.0, 1.0, device="GPU-b")]
        assert PowerSeries(both).energy_between_j(0, 8 * SECOND) is None
        assert PowerSeries([]).energy_between_j(0, SECOND) is None

    @given(
        st.lists(st.floats(0, 1e3), min_size=30, max_size=30),
        st.integers(8 * SECOND, 20 * SECOND),
    )
    def test_of_two_neighbours_add_up(self, powers_w: list[float], middle_ns: int) -> None:
        power = PowerSeries(series(*powers_w))
        whole = power.energy_between_j(0, 29 * SECOND)
        halves = (
            power.energy_between_j(0, middle_ns),
            power.energy_between_j(middle_ns, 29 * SECOND),
        )
        assert None not in halves
        assert sum(half for half in halves if half is not None) == pytest.approx(whole)
