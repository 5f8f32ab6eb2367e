import pytest
from hypothesis import given, strategies as st
from llem_contracts import LlemError, Meter, Problem, choose_meter
from llem_testing import (
    FakeClock,
    Load,
    ScriptedMeter,
    Watts,
    example_accelerator,
    example_host,
    meter_candidate,
)

HOST = {"host": Watts(idle=40.0, busy=100.0, temperature_c=55.0)}
SECOND = 1_000_000_000


class TestLoad:
    def test_a_span_holds_its_start_and_not_its_end(self) -> None:
        load = Load()
        load.add(10, 20)
        assert [load.is_busy(at) for at in (9, 10, 19, 20)] == [False, True, True, False]

    def test_a_span_that_goes_on_is_busy_until_now(self) -> None:
        clock, load = FakeClock(monotonic_ns=0), Load()
        with load.busy(clock):
            clock.sleep(2)
            assert load.busy_ns(0, 2 * SECOND) == 2 * SECOND
        clock.sleep(1)
        assert load.busy_ns(0, 3 * SECOND) == 2 * SECOND
        assert load.busy_ns(SECOND, 3 * SECOND) == SECOND

    def test_a_span_ends_also_when_the_work_fails(self) -> None:
        clock, load = FakeClock(), Load()
        with pytest.raises(KeyboardInterrupt), load.busy(clock):
            raise KeyboardInterrupt
        assert not load.is_busy(clock.monotonic_ns())


class TestWithoutASeries:
    def test_windows_have_their_energy_and_idling_its_spread(self) -> None:
        clock = FakeClock()
        session = ScriptedMeter(clock, HOST, series=False).open(["host"], sample_period_s=0.2)
        idle = session.idle(3.0)
        window = session.begin("w")
        clock.sleep(2)
        window.end()
        assert (session.sample_period_s, session.samples()) == (None, ())
        assert (idle.power_w, idle.std_w) == (40.0, 0.0)
        assert window.reading().energy_j == 80.0


class TestReadings:
    def test_energy_is_the_exact_integral(self) -> None:
        clock, load = FakeClock(), Load()
        meter: Meter = ScriptedMeter(clock, HOST, load)
        session = meter.open(["host"])
        window = session.begin("w")
        clock.sleep(2)
        with load.busy(clock):
            clock.sleep(3)
        window.end()
        clock.sleep(9)
        reading = window.reading()
        assert reading.energy_j == 2 * 40 + 3 * 100
        assert (reading.duration_s, reading.peak_power_w) == (5.0, 100.0)
        assert reading.mean_power_w == pytest.approx(76.0)

    def test_devices_add_up(self) -> None:
        clock = FakeClock()
        meter = ScriptedMeter(clock, {"a": Watts(10, 10), "b": Watts(20, 20)})
        window = meter.open(["b", "a"]).begin("w")
        clock.sleep(2)
        window.end()
        reading = window.reading()
        assert reading.energy_j == 60
        assert [(d.uuid, d.energy_j) for d in reading.devices] == [("b", 40.0), ("a", 20.0)]

    def test_the_uncertainty_is_the_stated_one(self) -> None:
        clock = FakeClock()
        meter = ScriptedMeter(clock, {"a": Watts(100, 100)}, gain=0.04, edge_j=3.0)
        window = meter.open(["a"]).begin("w")
        clock.sleep(1)
        window.end()
        reading = window.reading()
        assert reading.uncertainty_j == pytest.approx(2 * 5.0)
        assert reading.comparison_uncertainty_j == pytest.approx(2 * 3.0)
        assert reading.devices[0].terms == {"gain": 4.0, "edges": 3.0}

    def test_an_open_window_has_no_reading_and_a_closed_one_does_not_close_again(self) -> None:
        window = ScriptedMeter(FakeClock(), HOST).open(["host"]).begin("w")
        with pytest.raises(RuntimeError, match="still open"):
            window.reading()
        window.end()
        with pytest.raises(RuntimeError, match="closed already"):
            window.end()

    @given(
        spans=st.lists(st.integers(0, 1000), min_size=2, max_size=12, unique=True),
        cuts=st.lists(st.integers(0, 1000), min_size=3, max_size=3, unique=True),
    )
    def test_windows_that_touch_add_up(self, spans: list[int], cuts: list[int]) -> None:
        load = Load()
        edges = sorted(spans)
        for start, end in zip(edges[::2], edges[1::2], strict=False):
            load.add(start * SECOND, end * SECOND)
        meter = ScriptedMeter(FakeClock(), HOST, load)
        first, middle, last = (cut * SECOND for cut in sorted(cuts))
        parts = meter.energy_j("host", first, middle) + meter.energy_j("host", middle, last)
        assert parts == pytest.approx(meter.energy_j("host", first, last))


class TestIdle:
    def test_it_waits_and_tells_the_seconds(self) -> None:
        clock, told = FakeClock(monotonic_ns=0), list[float]()
        idle = ScriptedMeter(clock, HOST).open(["host"]).idle(2.5, told.append)
        assert clock.monotonic_ns() == 2.5 * SECOND
        assert told == [1.0, 2.0, 2.5]
        assert (idle.power_w, idle.std_w, idle.duration_s) == (40.0, 0.0, 2.5)
        assert idle.power_per_device_w == {"host": 40.0}
        assert idle.samples == 26


class TestSeries:
    def test_samples_lie_on_the_period_and_agree_with_the_energy(self) -> None:
        clock, load = FakeClock(monotonic_ns=7), Load()
        meter = ScriptedMeter(clock, HOST, load)
        session = meter.open(["host"], 0.5)
        clock.sleep(1)
        with load.busy(clock):
            clock.sleep(1)
        samples = session.samples()
        assert [s.monotonic_ns - 7 for s in samples] == [step * SECOND // 2 for step in range(5)]
        assert [s.power_w for s in samples] == [40.0, 40.0, 100.0, 100.0, 40.0]
        assert [s.energy_j for s in samples] == [0.0, 20.0, 40.0, 90.0, 140.0]
        assert samples[0].temperature_c == 55.0

    def test_since_gives_only_what_is_new(self) -> None:
        clock = FakeClock(monotonic_ns=0)
        session = ScriptedMeter(clock, HOST).open(["host"], 0.5)
        clock.sleep(2)
        assert [s.monotonic_ns for s in session.samples(SECOND + 1)] == [1.5 * SECOND, 2 * SECOND]

    def test_closing_ends_the_series_and_keeps_it(self) -> None:
        clock = FakeClock()
        session = ScriptedMeter(clock, HOST).open(["host"])
        clock.sleep(1)
        session.close()
        clock.sleep(5)
        session.close()
        assert session.closed
        assert len(session.samples()) == 11


class TestFailures:
    def test_a_failed_sensor_gives_none_with_the_reason(self) -> None:
        clock = FakeClock()
        session = ScriptedMeter(clock, HOST, failure="the device is lost").open(["host"])
        window = session.begin("w")
        idle = session.idle(1.0)
        window.end()
        reading = window.reading()
        assert (reading.energy_j, reading.uncertainty_j, reading.mean_power_w) == (None, None, None)
        assert (reading.code, reading.reason) == ("sensor_failed", "the device is lost")
        assert reading.devices[0].energy_j is None
        assert (idle.power_w, idle.code) == (None, "sensor_failed")
        assert session.samples() == ()

    def test_a_device_without_watts_is_a_problem_and_is_not_opened(self) -> None:
        meter = ScriptedMeter(FakeClock(), HOST)
        assert meter.problems([example_host()]) == ()
        (problem,) = meter.problems([example_accelerator()])
        assert problem.code == "device_not_scripted"
        with pytest.raises(LlemError, match="tells nothing"):
            meter.open([example_accelerator().uuid])

    def test_opening_fails_on_demand(self) -> None:
        meter = ScriptedMeter(FakeClock(), HOST, open_error=LlemError("no permission"))
        with pytest.raises(LlemError, match="no permission"):
            meter.open(["host"])


class TestCandidate:
    def test_it_is_chosen_by_name(self) -> None:
        meter = ScriptedMeter(FakeClock(), HOST)
        choice = choose_meter("scripted", [meter_candidate(meter)], [example_host()])
        assert choice is not None
        assert choice.meter is meter

    def test_its_problems_stand_in_the_way(self) -> None:
        problem = Problem(code="broken", message="it is broken", cure="Mend it.")
        meter = ScriptedMeter(FakeClock(), HOST, problems=[problem])
        choice = choose_meter("scripted", [meter_candidate(meter)], [example_host()])
        assert choice is not None
        assert choice.meter is None
        assert choice.problems == (problem,)
