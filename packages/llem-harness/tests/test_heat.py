"""When devices count as steady."""

from llem_contracts import Sample
from llem_harness.heat import LOOK_BACK_S, is_steady

S = 1_000_000_000
NOW = 100 * S


def series(
    power: list[float], temperature: list[float] | None = None, device: str = "GPU-a"
) -> list[Sample]:
    """Four samples a second over the look-back, oldest first."""
    samples = []
    for second, watts in enumerate(power):
        for quarter in range(4):
            age_ns = (len(power) - second) * S - quarter * S // 4 - 1
            samples.append(
                Sample(
                    monotonic_ns=NOW - age_ns,
                    device=device,
                    power_w=watts,
                    temperature_c=temperature[second] if temperature else None,
                )
            )
    return samples


class TestIsSteady:
    def test_constant_power_is_steady(self) -> None:
        assert is_steady(series([300.0] * LOOK_BACK_S), NOW)

    def test_power_that_still_climbs_is_not(self) -> None:
        assert not is_steady(series([200.0 + 20 * k for k in range(LOOK_BACK_S)]), NOW)

    def test_a_temperature_that_still_climbs_is_not(self) -> None:
        temperature = [60.0 + 0.3 * k for k in range(LOOK_BACK_S)]
        assert not is_steady(series([300.0] * LOOK_BACK_S, temperature), NOW)
        assert is_steady(series([300.0] * LOOK_BACK_S, [61.0] * LOOK_BACK_S), NOW)

    def test_a_second_without_a_sample_proves_nothing(self) -> None:
        whole = series([300.0] * LOOK_BACK_S)
        gap = [s for s in whole if not 4 * S <= NOW - s.monotonic_ns < 5 * S]
        assert len(gap) < len(whole)
        assert not is_steady(gap, NOW)

    def test_too_short_a_series_proves_nothing(self) -> None:
        assert not is_steady(series([300.0] * (LOOK_BACK_S - 2)), NOW)
        assert not is_steady([], NOW)

    def test_one_restless_device_among_two_shows_in_the_sum(self) -> None:
        restless = [100.0 if k % 2 else 300.0 for k in range(LOOK_BACK_S)]
        samples = series([300.0] * LOOK_BACK_S) + series(restless, device="GPU-b")
        assert not is_steady(samples, NOW)
