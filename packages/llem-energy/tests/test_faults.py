"""What happens to a window when the driver fails: faults at the level of its calls.

The load lasts from second 4 to second 9 and draws 2000 J on each board.
"""

from typing import Any

import pytest
from llem_contracts import LlemError
from llem_testing.simulated_gpu import (
    AVERAGE_ONLY,
    CONTINUOUS_COUNTER,
    INSTANT_ONLY,
    VOLTA,
    Fault,
)

CLASSES = {
    "counter": CONTINUOUS_COUNTER,
    "fast counter": VOLTA,
    "instant": INSTANT_ONLY,
    "average": AVERAGE_ONLY,
}
STRAY_ERRORS = ("timeout", "no_permission", "not_supported", "driver_not_loaded", "unknown")
FIELD_CALL = "nvmlDeviceGetFieldValues"
ENERGY, AVERAGE, INSTANT = 83, 185, 186


@pytest.fixture(params=CLASSES)
def sensors(request: pytest.FixtureRequest) -> Any:
    return CLASSES[request.param]


def assert_told(reading: Any, true_j: float) -> None:
    """None with code and reason, or a figure within what it states."""
    if reading.energy_j is None:
        assert reading.code
        assert reading.reason
    else:
        assert abs(reading.energy_j - true_j) <= reading.comparison_uncertainty_j + 0.005 * true_j


class TestLostGpu:
    def test_costs_the_window_and_says_so(self, make_scene: Any, sensors: Any) -> None:
        scene = make_scene(sensors, faults=(Fault(error="gpu_is_lost", start_s=6.0),))
        reading = scene.reading()
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert "the GPU stopped to answer: GPU is lost" in reading.reason

    def test_stays_lost_however_short_the_fault(self, make_scene: Any, sensors: Any) -> None:
        """Its counter may have begun anew, and its clocks and limits are others."""
        fault = Fault(error="gpu_is_lost", start_s=6.0, end_s=6.1)
        reading = make_scene(sensors, faults=(fault,)).reading()
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")

    @pytest.mark.parametrize("at_s", [9.02, 9.3])
    def test_just_after_the_window_is_told_of_what_was_read_before(
        self, make_scene: Any, sensors: Any, at_s: float
    ) -> None:
        scene = make_scene(sensors, faults=(Fault(error="gpu_is_lost", start_s=at_s),))
        reading = scene.reading()
        assert_told(reading, scene.true_j())
        assert reading.energy_j is None or "sensor_interrupted" in reading.flags
        assert "stopped to answer" in reading.devices[0].reason

    def test_of_several_leaves_the_others_their_readings(self, make_scene: Any) -> None:
        fault = Fault(error="gpu_is_lost", device="GPU-1", start_s=6.0)
        reading = make_scene(CONTINUOUS_COUNTER, boards=2, faults=(fault,)).reading()
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert reading.reason.startswith("GPU-1: ")
        assert reading.devices[0].energy_j == pytest.approx(2000.0, rel=0.01)
        assert reading.devices[1].energy_j is None

    def test_has_no_idle_power_and_says_why(self, make_scene: Any) -> None:
        scene = make_scene(CONTINUOUS_COUNTER, faults=(Fault(error="gpu_is_lost", start_s=3.0),))
        session = scene.open()
        idle = session.idle(5.0)
        assert (idle.power_w, idle.code) == (None, "sensor_failed")
        assert "GPU is lost" in idle.reason

    def test_does_not_stop_the_caller_from_opening_windows(self, make_scene: Any) -> None:
        scene = make_scene(CONTINUOUS_COUNTER, faults=(Fault(error="gpu_is_lost", start_s=3.0),))
        session = scene.open()
        scene.advance_to(5.0)
        window = session.begin("after")
        scene.advance_to(7.0)
        window.end()
        assert window.reading().code == "sensor_failed"
        session.close()


class TestSilence:
    """All calls refused for a while."""

    @pytest.mark.parametrize("error", STRAY_ERRORS)
    def test_for_good_costs_the_window(self, make_scene: Any, error: Any) -> None:
        scene = make_scene(CONTINUOUS_COUNTER, faults=(Fault(error=error, start_s=6.0),))
        reading = scene.reading()
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert "its end" in reading.reason

    @pytest.mark.parametrize(
        "span_s", [(6.0, 6.5), (6.0, 8.2), (3.8, 4.2), (3.0, 4.5), (8.8, 9.3), (6.0, 99.0)]
    )
    def test_for_a_while_is_told_and_within_the_stated_error(
        self, make_scene: Any, sensors: Any, span_s: tuple[float, float]
    ) -> None:
        fault = Fault(error="timeout", start_s=span_s[0], end_s=span_s[1])
        scene = make_scene(sensors, faults=(fault,))
        reading = scene.reading()
        assert_told(reading, scene.true_j())
        if reading.energy_j is not None:
            assert "sensor_interrupted" in reading.flags
            assert "was not read for" in reading.devices[0].reason

    def test_of_a_single_poll_is_no_matter(self, make_scene: Any, sensors: Any) -> None:
        scene = make_scene(sensors, faults=(Fault(error="timeout", start_s=6.0, end_s=6.01),))
        assert "sensor_interrupted" not in scene.reading().flags

    def test_long_before_the_window_is_no_matter(self, make_scene: Any) -> None:
        fault = Fault(error="timeout", start_s=1.0, end_s=2.0)
        scene = make_scene(CONTINUOUS_COUNTER, faults=(fault,))
        reading = scene.reading()
        assert reading.flags == ()
        assert reading.energy_j == pytest.approx(scene.true_j(), rel=0.01)


class TestOneSensorOfSeveral:
    @pytest.mark.parametrize("error", ["not_supported", "no_permission", "timeout"])
    def test_that_fails_within_the_window_gives_way_to_another(
        self, make_scene: Any, error: Any
    ) -> None:
        counter_fails = (
            Fault(error=error, field_id=ENERGY, start_s=6.0),
            Fault(error=error, function="nvmlDeviceGetTotalEnergyConsumption", start_s=6.0),
        )
        scene = make_scene(CONTINUOUS_COUNTER, faults=counter_fails)
        reading = scene.reading()
        assert reading.method == "power_instant"
        assert "sensor_fallback" in reading.flags
        assert "counter_edges was passed over: no update" in reading.devices[0].reason
        assert_told(reading, scene.true_j())

    def test_and_then_another_leaves_the_third(self, make_scene: Any) -> None:
        faults = (
            Fault(error="not_supported", field_id=ENERGY, start_s=6.0),
            Fault(error="no_permission", function="nvmlDeviceGetTotalEnergyConsumption"),
            Fault(error="not_supported", field_id=INSTANT, start_s=7.0),
        )
        scene = make_scene(CONTINUOUS_COUNTER, faults=faults)
        reading = scene.reading()
        assert reading.method == "power_average"
        assert {"sensor_fallback", "power_average"} <= set(reading.flags)
        assert_told(reading, scene.true_j())

    def test_that_comes_back_within_the_window_serves_on(self, make_scene: Any) -> None:
        fault = Fault(error="timeout", field_id=ENERGY, start_s=6.0, end_s=7.0)
        scene = make_scene(CONTINUOUS_COUNTER, faults=(fault,))
        reading = scene.reading()
        assert reading.method.startswith("counter")
        assert "sensor_interrupted" in reading.flags
        assert_told(reading, scene.true_j())

    @pytest.mark.parametrize("field", [AVERAGE, INSTANT])
    def test_that_nothing_rests_on_is_no_matter(self, make_scene: Any, field: int) -> None:
        fault = Fault(error="not_supported", field_id=field, start_s=6.0)
        reading = make_scene(CONTINUOUS_COUNTER, faults=(fault,)).reading()
        assert reading.energy_j == pytest.approx(2000.0, rel=0.01)
        assert reading.flags == ()

    @pytest.mark.parametrize("sensors", [CONTINUOUS_COUNTER, VOLTA])
    def test_whose_field_call_fails_is_read_by_its_own_call(
        self, make_scene: Any, sensors: Any
    ) -> None:
        fault = Fault(error="not_supported", function=FIELD_CALL, start_s=6.0)
        reading = make_scene(sensors, faults=(fault,)).reading()
        assert reading.method.startswith("counter")
        assert reading.energy_j == pytest.approx(2000.0, rel=0.01)


class TestAtTheStart:
    @pytest.mark.parametrize("error", ["not_supported", "no_permission"])
    @pytest.mark.parametrize(
        ("refused", "method"),
        [
            ((ENERGY,), "counter_bracketed"),
            ((ENERGY, "nvmlDeviceGetTotalEnergyConsumption"), "power_instant"),
            ((ENERGY, "nvmlDeviceGetTotalEnergyConsumption", INSTANT), "power_average"),
            ((FIELD_CALL,), "counter_bracketed"),
            ((FIELD_CALL, "nvmlDeviceGetTotalEnergyConsumption"), "power_average"),
            (("nvmlDeviceGetTemperature", "nvmlDeviceGetClockInfo"), "counter_bracketed"),
        ],
    )
    def test_what_is_refused_is_done_without(
        self, make_scene: Any, error: Any, refused: tuple[Any, ...], method: str
    ) -> None:
        faults = tuple(
            Fault(error=error, field_id=what)
            if isinstance(what, int)
            else Fault(error=error, function=what)
            for what in refused
        )
        reading = make_scene(CONTINUOUS_COUNTER, faults=faults).reading()
        assert reading.method == method
        assert reading.energy_j == pytest.approx(2000.0, rel=0.02)
        assert not {"sensor_fallback", "sensor_interrupted"} & set(reading.flags)

    @pytest.mark.parametrize("error", ["not_supported", "no_permission"])
    def test_a_board_that_refuses_all_sensors_is_told_with_each_reason(
        self, make_scene: Any, error: Any
    ) -> None:
        faults = tuple(
            Fault(error=error, function=call)
            for call in (
                FIELD_CALL,
                "nvmlDeviceGetTotalEnergyConsumption",
                "nvmlDeviceGetPowerUsage",
            )
        )
        scene = make_scene(CONTINUOUS_COUNTER, faults=faults)
        (problem,) = scene.meter.problems(scene.devices.visible())
        assert (problem.code, problem.blocking) == ("no_power_sensor", True)
        assert problem.message.count("ermission" if error == "no_permission" else "upported") == 4

    @pytest.mark.parametrize("error", ["library_not_found", "driver_not_loaded", "no_permission"])
    def test_a_library_that_is_missing_is_a_problem_and_no_exception(
        self, make_scene: Any, error: Any
    ) -> None:
        facts = make_scene(CONTINUOUS_COUNTER).devices.visible()
        scene = make_scene(CONTINUOUS_COUNTER, faults=(Fault(error=error, function="nvmlInit"),))
        (problem,) = scene.meter.problems(facts)
        assert (problem.code, problem.blocking) == ("nvml_unavailable", True)
        with pytest.raises(LlemError):
            scene.open()


class TestReload:
    """The driver is loaded anew: counters begin at 0."""

    @pytest.mark.parametrize("at_s", [4.02, 6.0, 8.98])
    @pytest.mark.parametrize("sensors", [CONTINUOUS_COUNTER, VOLTA])
    def test_within_the_window_makes_it_invalid(
        self, make_scene: Any, sensors: Any, at_s: float
    ) -> None:
        reading = make_scene(sensors, driver_reloads_s=(at_s,)).reading()
        assert (reading.energy_j, reading.code) == (None, "counter_reset")
        assert "reload of the driver" in reading.reason

    @pytest.mark.parametrize("at_s", [1.0, 3.7, 3.9, 9.05, 9.3, 11.0])
    @pytest.mark.parametrize("sensors", [CONTINUOUS_COUNTER, VOLTA])
    def test_before_or_after_the_window_costs_nothing_but_a_bracket(
        self, make_scene: Any, sensors: Any, at_s: float
    ) -> None:
        scene = make_scene(sensors, driver_reloads_s=(at_s,))
        reading = scene.reading()
        assert reading.energy_j == pytest.approx(scene.true_j(), rel=0.01)
        assert_told(reading, scene.true_j())

    def test_hidden_by_a_silence_is_seen_by_the_fall(self, make_scene: Any) -> None:
        fault = Fault(error="driver_not_loaded", start_s=5.0, end_s=7.0)
        scene = make_scene(CONTINUOUS_COUNTER, faults=(fault,), driver_reloads_s=(6.0,))
        assert scene.reading().code == "counter_reset"
