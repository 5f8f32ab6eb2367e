"""The machine's clock, as the boundary promises it."""

from llem_contracts import SystemClock


class TestSystemClock:
    def test_sleep_lasts_at_least_as_long_as_asked(self) -> None:
        clock = SystemClock()
        before_ns = clock.monotonic_ns()
        clock.sleep(0.01)
        assert clock.monotonic_ns() - before_ns >= 10_000_000

    def test_wall_time_counts_from_the_epoch(self) -> None:
        year_2020_ns = 1_577_836_800 * 10**9
        assert SystemClock().wall_ns() > year_2020_ns
