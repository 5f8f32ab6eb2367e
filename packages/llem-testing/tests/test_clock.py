import pytest
from hypothesis import given, strategies as st
from llem_contracts import Clock
from llem_testing import FakeClock


class TestFakeClock:
    def test_it_stands_still_by_itself(self) -> None:
        clock: Clock = FakeClock(monotonic_ns=5)
        assert (clock.monotonic_ns(), clock.monotonic_ns()) == (5, 5)

    def test_sleep_moves_both_times_on(self) -> None:
        clock = FakeClock(monotonic_ns=0, wall_ns=1000)
        clock.sleep(1.5)
        assert (clock.monotonic_ns(), clock.wall_ns()) == (1_500_000_000, 1_500_001_000)

    def test_a_tick_passes_after_each_reading(self) -> None:
        clock = FakeClock(monotonic_ns=0, tick_ns=3)
        assert [clock.monotonic_ns() for _ in range(3)] == [0, 3, 6]

    def test_it_goes_to_a_later_instant(self) -> None:
        clock = FakeClock(monotonic_ns=10)
        clock.set_monotonic_ns(20)
        assert clock.monotonic_ns() == 20

    def test_it_refuses_to_go_back(self) -> None:
        clock = FakeClock(monotonic_ns=10)
        with pytest.raises(ValueError, match="past"):
            clock.set_monotonic_ns(9)
        with pytest.raises(ValueError, match="does not go back"):
            clock.sleep(-0.1)

    def test_a_step_of_the_wall_clock_leaves_monotonic_time_alone(self) -> None:
        clock = FakeClock(monotonic_ns=10)
        clock.set_wall_ns(77)
        assert (clock.monotonic_ns(), clock.wall_ns()) == (10, 77)

    @given(st.lists(st.floats(0, 1e6), max_size=20))
    def test_it_never_runs_backwards(self, naps: list[float]) -> None:
        clock = FakeClock()
        seen = [clock.monotonic_ns()]
        for seconds in naps:
            clock.sleep(seconds)
            seen.append(clock.monotonic_ns())
        assert seen == sorted(seen)
