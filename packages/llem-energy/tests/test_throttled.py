"""Time under each throttle reason, from counters, from looks, and where nobody can tell."""

from typing import Any

import pytest
from llem_energy.poll import BoardState
from llem_energy.throttled import throttled
from llem_testing.simulated_gpu import CONTINUOUS_COUNTER, Fault, Throttle

S = 1_000_000_000
CAP, SW_THERMAL = 0x4, 0x20
COUNTERS = (74, 269, 270, 271)


def counted(*capped_s: float | None) -> list[tuple[int, BoardState]]:
    """States a second apart, with so much under the power cap so far."""
    return [
        (
            at * S,
            BoardState(throttled_ns=(None if held is None else int(held * S), 0, 0, 0)),
        )
        for at, held in enumerate(capped_s)
    ]


def looked(*bits: int) -> list[tuple[int, BoardState]]:
    return [(at * S, BoardState(throttle_bits=held)) for at, held in enumerate(bits)]


class TestCounters:
    def test_give_their_difference_over_the_window(self) -> None:
        found = throttled(counted(5.0, 5.0, 5.4, 5.9, 5.9), S, 3 * S)
        assert found.seconds == pytest.approx(
            {
                "sw_power_cap": 0.9,
                "sw_thermal_slowdown": 0.0,
                "hw_thermal_slowdown": 0.0,
                "hw_power_brake_slowdown": 0.0,
            }
        )
        assert (found.source, found.resolution_s) == ("counters", 0.0)

    def test_of_which_a_part_is_outside_count_in_proportion_and_say_the_doubt(self) -> None:
        found = throttled(counted(0.0, 0.6, 1.6, 2.6), S // 2, 3 * S // 2)
        assert found.seconds is not None
        assert found.seconds["sw_power_cap"] == pytest.approx(0.3 + 0.5)
        assert found.resolution_s == pytest.approx(0.2)  # 0.1 to 0.5 of the first second

    def test_never_exceed_the_window(self) -> None:
        found = throttled(counted(0.0, 1.05, 2.1, 3.1), 0, 2 * S)
        assert found.seconds is not None
        assert found.seconds["sw_power_cap"] == 2.0

    def test_that_fall_are_no_figure(self) -> None:
        found = throttled(counted(9.0, 9.5, 0.1, 0.3), S // 2, 5 * S // 2)
        assert found.seconds is None
        assert found.reason == "the driver's counters of throttling fell, as after a reload"

    def test_that_outrun_the_clock_are_no_figure(self) -> None:
        found = throttled(counted(0.0, 1000.0, 2000.0), 0, 2 * S)
        assert found.seconds is None
        assert found.reason == "the counter of sw_power_cap grew by 2e+03 s in 2 s"

    def test_leave_out_a_reason_that_was_not_always_read(self) -> None:
        found = throttled(counted(0.0, None, 0.2), 0, 2 * S)
        assert found.seconds is not None
        assert "sw_power_cap" not in found.seconds
        assert "hw_thermal_slowdown" in found.seconds

    def test_a_last_second_that_nobody_saw_is_doubt(self) -> None:
        found = throttled(counted(0.0, 0.0, 0.5), S, 5 * S // 2)
        assert found.resolution_s == pytest.approx(0.5)

    def test_a_window_that_nobody_saw_the_end_of_has_none(self) -> None:
        found = throttled(counted(0.0, 0.0, 0.5), S, 9 * S)
        assert (found.seconds, found.source) == (None, None)
        assert found.reason == "the reasons were not read on both sides of the window"


class TestLooks:
    def test_stand_for_half_the_way_to_their_neighbours(self) -> None:
        found = throttled(looked(0, 0, CAP, CAP | SW_THERMAL, 0, 0), S, 5 * S)
        assert found.seconds is not None
        assert found.seconds["sw_power_cap"] == pytest.approx(2.0)
        assert found.seconds["sw_thermal_slowdown"] == pytest.approx(1.0)
        assert found.seconds["hw_slowdown"] == 0.0
        assert (found.source, found.resolution_s) == ("polled", 1.0)

    def test_there_are_none_where_the_driver_tells_nothing(self) -> None:
        found = throttled([(0, BoardState(temperature_c=40.0))], 0, S)
        assert found.reason == "the driver tells no reasons why clocks are held back"


class TestReading:
    """Of simulated boards; the window is from second 4 to second 9."""

    POWER_CAP = Throttle(reason="sw_power_cap", spans_s=((1.0, 3.0), (5.5, 7.25)))
    IDLE = Throttle(reason="gpu_idle", spans_s=((0.0, 20.0),))

    def held(self, make_scene: Any, **scenario: Any) -> Any:
        gpu = {"throttling": (self.POWER_CAP, self.IDLE)}
        (device,) = make_scene(CONTINUOUS_COUNTER, gpu=gpu, **scenario).reading().devices
        return device

    def test_has_the_seconds_that_fell_into_the_window(self, make_scene: Any) -> None:
        device = self.held(make_scene)
        assert device.throttled_source == "counters"
        assert device.throttled_s["sw_power_cap"] == pytest.approx(1.75, abs=0.001)
        assert device.throttled_s["hw_thermal_slowdown"] == 0.0
        assert device.throttled_resolution_s == pytest.approx(0.0, abs=0.001)

    def test_has_zeros_where_nothing_held(self, make_scene: Any) -> None:
        (device,) = make_scene(CONTINUOUS_COUNTER).reading().devices
        assert set(device.throttled_s.values()) == {0.0}

    def test_is_polled_where_there_are_no_counters(self, make_scene: Any) -> None:
        faults = tuple(Fault(error="not_supported", field_id=field) for field in COUNTERS)
        device = self.held(make_scene, faults=faults)
        assert device.throttled_source == "polled"
        assert device.throttled_s["sw_power_cap"] == pytest.approx(1.75, abs=1.0)
        assert "gpu_idle" not in device.throttled_s

    def test_says_that_nobody_can_tell(self, make_scene: Any) -> None:
        faults = (
            *(Fault(error="not_supported", field_id=field) for field in COUNTERS),
            Fault(error="not_supported", function="nvmlDeviceGetCurrentClocksEventReasons"),
        )
        device = self.held(make_scene, faults=faults)
        assert (device.throttled_s, device.throttled_source) == (None, None)
        assert device.throttled_reason
        assert device.energy_j == pytest.approx(2000.0, rel=0.01)

    def test_is_none_after_a_reload_in_the_window(self, make_scene: Any) -> None:
        device = self.held(make_scene, driver_reloads_s=(7.5,))
        assert device.throttled_s is None
        assert "as after a reload" in device.throttled_reason

    def test_is_none_where_the_gpu_was_lost(self, make_scene: Any) -> None:
        device = self.held(make_scene, faults=(Fault(error="gpu_is_lost", start_s=6.0),))
        assert device.throttled_s is None
