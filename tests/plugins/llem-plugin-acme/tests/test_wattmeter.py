import pytest
from llem_contracts import LlemError, Meter
from llem_plugin_acme import Wattmeter

ENVIRON = {"ACME_WATTMETER": '{"idle_w": 40.0, "busy_w": 100.0}'}


class StillClock:
    """Time passes in `sleep` alone."""

    now_ns = 1_000_000_000

    def monotonic_ns(self) -> int:
        return self.now_ns

    def wall_ns(self) -> int:
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)


class TestProblems:
    def test_there_is_none_when_it_is_told_what_to_show(self) -> None:
        assert Wattmeter(ENVIRON).problems([]) == ()

    @pytest.mark.parametrize(
        "environ",
        [
            {},
            {"ACME_WATTMETER": ""},
            {"ACME_WATTMETER": "{"},
            {"ACME_WATTMETER": '{"idle_w": 1.0}'},
            {"ACME_WATTMETER": '{"idle_w": -1.0, "busy_w": 2.0}'},
        ],
    )
    def test_otherwise_there_is_one_with_a_cure_and_it_does_not_open(
        self, environ: dict[str, str]
    ) -> None:
        (problem,) = Wattmeter(environ).problems([])
        assert "ACME_WATTMETER" in problem.message
        assert "ACME_WATTMETER=" in problem.cure
        with pytest.raises(LlemError):
            Wattmeter(environ).open(["host"])


class TestSession:
    def test_a_window_draws_busy_power_on_each_device(self) -> None:
        clock = StillClock()
        meter: Meter = Wattmeter(ENVIRON, clock)
        window = meter.open(["a", "b"]).begin("w")
        clock.sleep(2)
        window.end()
        clock.sleep(5)
        reading = window.reading()
        assert (reading.energy_j, reading.mean_power_w, reading.peak_power_w) == (400, 200, 200)
        assert [(device.uuid, device.energy_j) for device in reading.devices] == [
            ("a", 200),
            ("b", 200),
        ]

    def test_a_poor_calibration_is_stated_and_cancels_in_comparisons(self) -> None:
        clock = StillClock()
        display = {"ACME_WATTMETER": '{"idle_w": 40.0, "busy_w": 100.0, "gain_error": 0.03}'}
        window = Wattmeter(display, clock).open(["a", "b"]).begin("w")
        clock.sleep(2)
        window.end()
        reading = window.reading()
        assert reading.uncertainty_j == pytest.approx(2 * 0.03 * 400)
        assert reading.comparison_uncertainty_j == 0
        assert [device.terms for device in reading.devices] == [{"gain": pytest.approx(6.0)}] * 2

    def test_idle_waits_and_tells_the_seconds(self) -> None:
        clock, told = StillClock(), list[float]()
        session = Wattmeter(ENVIRON, clock).open(["a", "b"])
        idle = session.idle(2.5, told.append)
        assert clock.now_ns == 3_500_000_000
        assert told == [1.0, 2.0, 2.5]
        assert (idle.power_w, idle.samples) == (80.0, 25)
        assert idle.power_per_device_w == {"a": 40.0, "b": 40.0}

    def test_a_window_around_idling_has_both(self) -> None:
        clock = StillClock()
        session = Wattmeter(ENVIRON, clock).open(["a"])
        window = session.begin("w")
        session.idle(2.0)
        clock.sleep(1)
        window.end()
        reading = window.reading()
        assert (reading.energy_j, reading.peak_power_w) == (2 * 40 + 100, 100)

    def test_the_counter_of_the_series_agrees_with_its_power(self) -> None:
        clock = StillClock()
        session = Wattmeter(ENVIRON, clock).open(["a"], 0.5)
        session.idle(1.0)
        clock.sleep(1)
        session.close()
        clock.sleep(9)
        samples = session.samples()
        assert [sample.power_w for sample in samples] == [40, 40, 100, 100, 100]
        assert [sample.energy_j for sample in samples] == [0, 20, 40, 90, 140]
        assert session.samples(samples[3].monotonic_ns) == samples[3:]

    def test_a_window_has_no_reading_before_its_end_and_one_end(self) -> None:
        window = Wattmeter(ENVIRON, StillClock()).open(["a"]).begin("w")
        with pytest.raises(RuntimeError, match="still open"):
            window.reading()
        window.end()
        with pytest.raises(RuntimeError, match="has ended already"):
            window.end()

    def test_a_window_of_no_length_has_no_mean_power(self) -> None:
        window = Wattmeter(ENVIRON, StillClock()).open(["a"]).begin("w")
        window.end()
        assert (window.reading().energy_j, window.reading().mean_power_w) == (0.0, None)
