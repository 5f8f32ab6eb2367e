"""The contract of a meter on real devices, of which nobody knows the true joules.

    class TestMyMeterOnHardware(HardwareMeterSuite):
        descriptor = MY_METER

        def make_bench(self) -> WorkBench:
            return MyBench()                       # its `work` keeps the devices busy

What can be said without an oracle: figures that agree with one another, with the board's limits,
and with what busy and idle mean.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from llem_contracts import Sample
from llem_schema import AcceleratorFacts, EnergyReading

from llem_testing.suites.sensing_meter import SensingMeterSuite, with_series
from llem_testing.suites.work_bench import WorkBench

_LIMIT_FACTOR = 1.05
"""A mean over a second or more above this many times the power limit is a fault of the tool."""
_INTEGRAL_TOLERANCE = 0.05
"""By which the integral of the power may leave the energy, beyond what is stated: two sensors of
one board."""
_SETTLED_S = 1.5
"""After so long even a power that is the mean of a second shows the work alone."""


class HardwareMeterSuite(SensingMeterSuite[WorkBench]):
    """The tier of the meter suites that runs where the devices are."""

    def test_work_takes_energy_and_its_uncertainty_is_stated(self) -> None:
        reading = self.measured(self.new_bench())
        for joules in (reading.energy_j, *(device.energy_j for device in reading.devices)):
            assert joules is not None, reading.reason
            assert joules > 0
        assert reading.uncertainty_j is not None
        assert reading.comparison_uncertainty_j is not None
        assert 0 < reading.comparison_uncertainty_j <= reading.uncertainty_j

    def test_busy_devices_draw_more_than_idle_ones(self) -> None:
        bench = self.new_bench()
        session = bench.open()
        bench.rest(1.0)
        idle = session.idle(bench.window_s)
        window = session.begin("busy")
        bench.work(bench.window_s)
        window.end()
        for device in window.reading().devices:
            assert device.mean_power_w is not None, device.reason
            assert device.mean_power_w > idle.power_per_device_w[device.uuid]

    def test_no_board_draws_more_than_it_may(self) -> None:
        bench = self.new_bench()
        limits_w = {
            facts.uuid: facts.power_limit_w
            for facts in bench.devices
            if isinstance(facts, AcceleratorFacts) and facts.power_limit_w is not None
        }
        if not limits_w:
            pytest.skip("no device tells its power limit")
        for device in self.measured(bench).devices:
            assert device.mean_power_w is not None, device.reason
            if device.uuid in limits_w:
                assert device.mean_power_w <= _LIMIT_FACTOR * limits_w[device.uuid]

    def test_windows_that_touch_add_up_to_the_one_around_them(self) -> None:
        bench = self.new_bench()
        session = bench.open()
        bench.rest(1.0)
        outer, first = session.begin("outer"), session.begin("first")
        bench.work(bench.window_s)
        first.end()
        second = session.begin("second")
        bench.rest(bench.window_s)
        second.end()
        outer.end()
        whole, *parts = (window.reading() for window in (outer, first, second))
        stated_j = math.hypot(*(_comparison_j(reading) for reading in (whole, *parts)))
        apart_s = whole.duration_s - sum(part.duration_s for part in parts)
        apart_j = apart_s * max(_energy_j(part) / part.duration_s for part in parts)
        error_j = _energy_j(whole) - sum(_energy_j(part) for part in parts)
        assert abs(error_j) <= stated_j + apart_j

    def test_a_nested_window_holds_what_the_one_around_it_has_more(self) -> None:
        bench = self.new_bench()
        session = bench.open()
        bench.rest(1.0)
        outer = session.begin("outer")
        bench.work(bench.window_s)
        inner = session.begin("inner")
        bench.work(bench.window_s)
        inner.end()
        bench.work(bench.window_s)
        outer.end()
        whole, part = outer.reading(), inner.reading()
        stated_j = math.hypot(_comparison_j(whole), _comparison_j(part))
        assert 0 < _energy_j(part) < _energy_j(whole) + stated_j
        # The same work outside and inside: the shares of energy are those of time.
        share_j = _energy_j(whole) * part.duration_s / whole.duration_s
        assert _energy_j(part) == pytest.approx(share_j, rel=0.2)

    def test_the_series_adds_up_to_the_energy(self) -> None:
        bench = self.new_bench()
        session = with_series(bench)
        bench.work(_SETTLED_S)
        window = session.begin("amid the work")
        bench.work(bench.window_s)
        window.end()
        bench.work(1.0)
        reading = window.reading()
        integrals_j = [
            _integral_j(_powers(session.samples(), uuid), reading.start_ns, reading.end_ns)
            for uuid in bench.uuids
        ]
        if None in integrals_j:
            pytest.skip("the series of this meter holds no power")
        error_j = sum(joules or 0.0 for joules in integrals_j) - _energy_j(reading)
        assert reading.uncertainty_j is not None
        allowed_j = reading.uncertainty_j + _INTEGRAL_TOLERANCE * _energy_j(reading)
        assert abs(error_j) <= allowed_j

    def test_idle_power_has_a_spread_below_its_mean(self) -> None:
        bench = self.new_bench()
        session = bench.open()
        bench.rest(1.0)
        idle = session.idle(bench.window_s)
        assert idle.power_w is not None, idle.reason
        assert idle.power_w == pytest.approx(sum(idle.power_per_device_w.values()))
        assert set(idle.power_per_device_w) == set(bench.uuids)
        assert idle.samples > 1
        assert idle.std_w is not None
        assert 0 <= idle.std_w < idle.power_w


def _energy_j(reading: EnergyReading) -> float:
    assert reading.energy_j is not None, reading.reason
    return reading.energy_j


def _comparison_j(reading: EnergyReading) -> float:
    assert reading.comparison_uncertainty_j is not None
    return reading.comparison_uncertainty_j


Point = tuple[int, float]


def _powers(samples: Sequence[Sample], uuid: str) -> list[Point]:
    return [
        (sample.monotonic_ns, sample.power_w)
        for sample in samples
        if sample.device == uuid and sample.power_w is not None
    ]


def _integral_j(points: Sequence[Point], start_ns: int, end_ns: int) -> float | None:
    """Trapezoids between readings; each end takes the reading nearest to it. None without any."""
    inside = [point for point in points if start_ns <= point[0] <= end_ns]
    if not inside:
        return None
    curve = [(start_ns, inside[0][1]), *inside, (end_ns, inside[-1][1])]
    return sum(
        (later_ns - earlier_ns) / 1e9 * (earlier_w + later_w) / 2
        for (earlier_ns, earlier_w), (later_ns, later_w) in pairwise(curve)
    )
