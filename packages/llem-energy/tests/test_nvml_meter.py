"""The meter on boards whose true energy is known."""

import math
from typing import Any

import pytest
from llem_contracts import LlemError, NotSupported
from llem_energy.budget import expanded_j, gain_term_j


def metered(machine: Any, seconds: float, watts: float) -> tuple[Any, float]:
    """Idle, a load in a window, idle; the reading and the true joules."""
    session = machine.meter.open(machine.uuids)
    machine.work(2.0, 50.0)
    window = session.begin("load")
    true_j = machine.work(seconds, watts)
    window.end()
    machine.work(2.5, 50.0)
    reading = window.reading()
    session.close()
    return reading, true_j


class TestCounter:
    @pytest.mark.parametrize("seconds", [1.0, 1.37, 3.33, 30.0])
    def test_a_load_between_quiet_spells_is_right_within_two_percent(
        self, make_machine: Any, seconds: float
    ) -> None:
        reading, true_j = metered(make_machine(), seconds, 500.0)
        assert reading.method == "counter_bracketed"
        assert reading.energy_j == pytest.approx(true_j, rel=0.02)
        assert abs(reading.energy_j - true_j) <= reading.comparison_uncertainty_j

    @pytest.mark.parametrize("tick_s", [0.02, 0.097, 0.0983])
    def test_the_stated_interval_holds_the_truth_wherever_the_ticks_fall(
        self, make_machine: Any, tick_s: float
    ) -> None:
        for offset_ns in range(0, 100_000_000, 9_100_003):
            machine = make_machine(tick_s=tick_s, origin_ns=7_000_000_000 + offset_ns)
            reading, true_j = metered(machine, 1.0, 500.0)
            assert abs(reading.energy_j - true_j) <= reading.comparison_uncertainty_j
            assert reading.comparison_uncertainty_j < 0.09 * true_j

    def test_a_poll_that_times_out_now_and_then_costs_nothing(self, make_machine: Any) -> None:
        machine = make_machine()
        counts = iter(range(10**6))
        machine.nvml.faults["nvmlDeviceGetTotalEnergyConsumption"] = lambda: (
            10 if next(counts) % 7 == 3 else 0
        )
        reading, true_j = metered(machine, 3.0, 400.0)
        assert reading.energy_j == pytest.approx(true_j, rel=0.02)

    def test_boards_out_of_step_add_up_and_err_independently(self, make_machine: Any) -> None:
        reading, true_j = metered(make_machine(("H100", "H100")), 4.0, 300.0)
        assert reading.energy_j == pytest.approx(true_j, rel=0.02)
        assert reading.energy_j == pytest.approx(sum(d.energy_j for d in reading.devices))
        gains = [device.terms["gain"] for device in reading.devices]
        others = [s for d in reading.devices for name, s in d.terms.items() if name != "gain"]
        assert reading.uncertainty_j == pytest.approx(2 * math.hypot(*gains, *others))
        assert reading.comparison_uncertainty_j == pytest.approx(2 * math.hypot(*others))

    def test_back_to_back_windows_add_up(self, make_machine: Any) -> None:
        machine = make_machine()
        session = machine.meter.open(machine.uuids)
        machine.work(1.0, 50.0)
        outer, first = session.begin("outer"), session.begin("first")
        machine.work(1.23, 600.0)
        first.end()
        second = session.begin("second")
        machine.work(2.01, 200.0)
        second.end()
        outer.end()
        whole, parts = outer.reading(), (first.reading(), second.reading())
        allowed_j = math.hypot(*(r.comparison_uncertainty_j for r in (whole, *parts)))
        assert whole.energy_j == pytest.approx(sum(r.energy_j for r in parts), abs=allowed_j)

    def test_a_window_opened_at_once_after_the_session_can_be_read(self, make_machine: Any) -> None:
        machine = make_machine()
        session = machine.meter.open(machine.uuids)
        window = session.begin("at once")
        true_j = machine.work(2.0, 500.0)
        window.end()
        session.close()
        assert window.reading().energy_j == pytest.approx(true_j, rel=0.02)

    def test_a_window_too_short_to_resolve_has_a_bound_instead(self, make_machine: Any) -> None:
        reading, true_j = metered(make_machine().without_power(), 0.004, 500.0)
        assert reading.energy_j is None
        assert reading.code == "unresolved_window"
        assert reading.upper_bound_j >= true_j

    def test_a_counter_that_falls_invalidates_the_window(self, make_machine: Any) -> None:
        machine = make_machine()
        session = machine.meter.open(machine.uuids)
        window = session.begin("reset")
        machine.work(1.0, 500.0)
        machine.boards[0].forgotten_j = machine.boards[0].true_j(machine.clock.now_ns)
        machine.work(1.0, 500.0)
        window.end()
        reading = window.reading()
        assert (reading.energy_j, reading.code) == (None, "counter_reset")
        later = session.begin("later")
        true_j = machine.work(2.0, 500.0)
        later.end()
        assert later.reading().energy_j == pytest.approx(true_j, rel=0.03)

    def test_a_lost_gpu_ends_in_a_reason_and_leaves_earlier_windows(
        self, make_machine: Any
    ) -> None:
        machine = make_machine()
        session = machine.meter.open(machine.uuids)
        earlier = session.begin("earlier")
        true_j = machine.work(2.0, 500.0)
        earlier.end()
        machine.work(1.0, 50.0)
        window = session.begin("lost")
        machine.work(1.0, 500.0)
        machine.nvml.faults["nvmlDeviceGetTotalEnergyConsumption"] = 15
        machine.work(1.0, 500.0)
        window.end()
        reading = window.reading()
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert "stopped to answer" in reading.reason
        assert earlier.reading().energy_j == pytest.approx(true_j, rel=0.02)

    def test_disagreeing_sensors_are_flagged(self, make_machine: Any) -> None:
        machine = make_machine()
        machine.boards[0].power_gain = 1.3
        assert "sensor_disagreement" in metered(machine, 5.0, 400.0)[0].flags
        assert "sensor_disagreement" not in metered(make_machine(), 5.0, 400.0)[0].flags

    def test_partitioned_and_simulated_boards_are_flagged(self, make_machine: Any) -> None:
        machine = make_machine()
        machine.boards[0].mig = True
        assert set(metered(machine, 2.0, 400.0)[0].flags) == {"mig_parent", "simulated_device"}


class TestPower:
    def test_without_a_counter_instant_power_is_integrated(self, make_machine: Any) -> None:
        reading, true_j = metered(make_machine().without_counter(), 5.0, 400.0)
        assert reading.method == "power_instant"
        assert reading.energy_j == pytest.approx(true_j, rel=0.03)
        assert abs(reading.energy_j - true_j) <= reading.comparison_uncertainty_j

    def test_a_one_second_average_loses_nothing_at_the_start(self, make_machine: Any) -> None:
        reading, true_j = metered(make_machine().with_average_power_alone(), 6.0, 400.0)
        assert reading.method == "power_average"
        assert "power_average" in reading.flags
        assert reading.energy_j == pytest.approx(true_j, rel=0.03)

    def test_a_one_second_average_tells_shorter_windows_too(self, make_machine: Any) -> None:
        reading, true_j = metered(make_machine().with_average_power_alone(), 0.7, 400.0)
        assert reading.method == "power_average"
        assert abs(reading.energy_j - true_j) <= reading.comparison_uncertainty_j

    def test_a_one_second_average_refuses_what_its_error_hides(self, make_machine: Any) -> None:
        reading, true_j = metered(make_machine().with_average_power_alone(), 0.004, 60.0)
        assert (reading.energy_j, reading.code) == (None, "unresolved_window")
        assert reading.upper_bound_j > true_j

    def test_power_usage_serves_where_no_field_does(self, make_machine: Any) -> None:
        machine = make_machine().with_average_power_alone()
        machine.nvml.faults["field 185"] = 3
        reading, true_j = metered(machine, 6.0, 400.0)
        assert reading.energy_j == pytest.approx(true_j, rel=0.03)

    def test_the_peak_is_that_of_all_boards_together(self, make_machine: Any) -> None:
        reading, _ = metered(make_machine(("H100", "H100")), 3.0, 400.0)
        assert reading.peak_power_w == pytest.approx(800.0)


class TestSession:
    def test_idle_power_has_mean_and_spread(self, make_machine: Any) -> None:
        machine = make_machine(("H100", "H100"))
        session = machine.meter.open(machine.uuids)
        told: list[float] = []
        idle = session.idle(3.0, told.append)
        assert idle.power_w == pytest.approx(100.0, rel=0.02)
        assert idle.duration_s == pytest.approx(3.0, abs=0.05)
        assert idle.std_w == pytest.approx(0.0, abs=0.01)
        assert idle.samples >= 28
        assert set(idle.power_per_device_w) == set(machine.uuids)
        assert told == [1.0, 2.0, 3.0]

    @pytest.mark.parametrize(("period_s", "expected"), [(None, 30), (0.5, 6), (0.005, 600)])
    def test_the_series_has_the_period_that_was_asked_for(
        self, make_machine: Any, period_s: float | None, expected: int
    ) -> None:
        machine = make_machine()
        session = machine.meter.open(machine.uuids, period_s)
        start_ns = machine.clock.now_ns
        machine.work(3.0, 300.0)
        samples = session.samples(start_ns)
        assert abs(len(samples) - expected) <= 1
        assert samples[-1].power_w == pytest.approx(300.0)
        assert session.sample_period_s == (period_s or 0.1)

    def test_samples_continue_where_the_last_call_ended(self, make_machine: Any) -> None:
        machine = make_machine(("H100", "H100"))
        session = machine.meter.open(machine.uuids)
        seen = list(session.samples())
        for _ in range(5):
            machine.work(0.33, 100.0)
            seen += session.samples(seen[-1].monotonic_ns + 1)
        assert [s.monotonic_ns for s in seen] == [s.monotonic_ns for s in session.samples()]

    def test_readings_and_series_outlive_the_session(self, make_machine: Any) -> None:
        machine = make_machine()
        session = machine.meter.open(machine.uuids)
        window = session.begin("last")
        true_j = machine.work(2.0, 300.0)
        window.end()
        session.close()
        session.close()
        assert window.reading().energy_j == pytest.approx(true_j, rel=0.02)
        assert session.samples()
        with pytest.raises(RuntimeError, match="closed"):
            session.begin("too late")

    def test_a_window_that_outlives_its_session_says_so(self, make_machine: Any) -> None:
        machine = make_machine()
        session = machine.meter.open(machine.uuids)
        window = session.begin("orphan")
        session.close()
        machine.work(2.0, 300.0)
        window.end()
        reading = window.reading()
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert "sampling was stopped" in reading.reason

    def test_a_window_still_open_has_no_reading_and_ends_once(self, make_machine: Any) -> None:
        machine = make_machine()
        window = machine.meter.open(machine.uuids).begin("open")
        with pytest.raises(RuntimeError, match="still open"):
            window.reading()
        window.end()
        with pytest.raises(RuntimeError, match="ended before"):
            window.end()


class TestProblems:
    def test_a_whole_board_with_its_sensors_has_none(self, make_machine: Any) -> None:
        machine = make_machine()
        assert machine.meter.problems(machine.devices().visible()) == ()

    def test_a_board_without_any_sensor_is_told_before_it_is_opened(
        self, make_machine: Any
    ) -> None:
        machine = make_machine().without_counter().without_power()
        (problem,) = machine.meter.problems(machine.devices().visible())
        assert (problem.code, problem.blocking) == ("no_power_sensor", True)
        with pytest.raises(LlemError, match="neither energy nor power"):
            machine.meter.open(machine.uuids)

    def test_a_partitioned_board_is_metered_with_a_warning(self, make_machine: Any) -> None:
        machine = make_machine()
        machine.boards[0].mig = True
        (problem,) = machine.meter.problems(machine.devices().visible())
        assert (problem.code, problem.blocking) == ("mig_parent", False)

    def test_without_a_driver_there_is_one_problem_and_no_session(self, make_machine: Any) -> None:
        machine = make_machine()
        facts = machine.devices().visible()
        broken = make_machine()
        broken.nvml.faults["nvmlInit"] = 12
        (problem,) = broken.meter.problems(facts)
        assert (problem.code, problem.blocking) == ("nvml_unavailable", True)
        with pytest.raises(LlemError, match="management library"):
            broken.meter.open(broken.uuids)

    def test_the_host_and_unknown_boards_are_refused(self, make_machine: Any) -> None:
        machine = make_machine()
        with pytest.raises(NotSupported):
            machine.meter.open(["host"])
        with pytest.raises(LlemError, match="no GPU GPU-unknown"):
            machine.meter.open(["GPU-unknown"])

    def test_a_timeout_at_opening_is_tried_again_and_a_refusal_is_not(
        self, make_machine: Any
    ) -> None:
        machine = make_machine()
        answers = iter([10, 10, *[0] * 1000])
        machine.nvml.faults["nvmlDeviceGetName"] = lambda: next(answers)
        machine.meter.open(machine.uuids)
        assert machine.nvml.calls.count("nvmlDeviceGetName") == 3
        machine.nvml.calls.clear()
        machine.nvml.faults["nvmlDeviceGetName"] = 4
        with pytest.raises(LlemError):
            machine.meter.open(machine.uuids)
        assert machine.nvml.calls.count("nvmlDeviceGetName") == 1


class TestBudget:
    def test_gain_is_five_percent_or_five_watts_uniform(self) -> None:
        assert gain_term_j(1000.0, 1.0) == pytest.approx(50.0 / math.sqrt(3))
        assert gain_term_j(10.0, 10.0) == pytest.approx(50.0 / math.sqrt(3))

    def test_the_total_is_twice_the_root_of_the_squares(self) -> None:
        terms = [{"gain": 3.0, "edges": 4.0}, {"gain": 12.0}]
        assert expanded_j(terms) == pytest.approx(26.0)
        assert expanded_j(terms, without="gain") == pytest.approx(8.0)
