"""Functions whose calls are windows, several windows at once, and a monitor without a `with`."""

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from llem_energy import EnergyMonitor, MonitorWindow
from llem_schema import EnergyReading

from .wiring import wired

WATTS = 400.0


class TestMeasured:
    def test_every_call_is_a_window(self, make_machine: Any) -> None:
        machine = make_machine()
        monitor = EnergyMonitor(**wired(machine))

        @monitor.measured("decode")
        def decode(seconds: float, *, watts: float) -> float:
            """Work."""
            return float(machine.work(seconds, watts))

        with monitor:
            true_j = [decode(2.0, watts=WATTS), decode(3.0, watts=WATTS)]
            machine.work(1.0, 50.0)
        assert decode.__doc__ == "Work."
        assert [reading.name for reading in monitor.readings()] == ["decode", "decode"]
        assert [r.energy_j for r in monitor.readings()] == pytest.approx(true_j, rel=0.02)

    def test_is_called_as_the_function_is(self, make_machine: Any) -> None:
        monitor = EnergyMonitor(**wired(make_machine()))

        class Model:
            @monitor.measured()
            def step(self, number: int) -> int:
                return number + 1

        with monitor:
            assert Model().step(4) == 5
        (reading,) = monitor.readings()
        assert reading.name.endswith("Model.step")

    def test_sync_comes_before_either_end(self, make_machine: Any) -> None:
        machine = make_machine()
        monitor = EnergyMonitor(**wired(machine))
        times: list[int] = []

        def sync() -> None:
            machine.work(0.5, 50.0)
            times.append(machine.clock.now_ns)

        @monitor.measured("load", sync=sync)
        def load() -> None:
            machine.work(1.0, WATTS)

        with monitor:
            load()
        (reading,) = monitor.readings()
        assert times == [reading.start_ns, reading.end_ns]

    def test_a_call_that_raises_is_a_window_too(self, make_machine: Any) -> None:
        machine = make_machine()
        monitor = EnergyMonitor(**wired(machine))

        @monitor.measured("broken")
        def broken() -> float:
            return machine.work(2.0, WATTS) / 0

        with monitor, pytest.raises(ZeroDivisionError):
            broken()
        (reading,) = monitor.readings()
        assert reading.energy_j == pytest.approx(800.0, rel=0.02)

    def test_needs_a_monitor_at_work(self, make_machine: Any) -> None:
        called: list[str] = []
        work = EnergyMonitor(**wired(make_machine())).measured()(called.append)
        with pytest.raises(RuntimeError, match="not running"):
            work("now")
        assert called == []

    def test_refuses_what_works_after_it_has_returned(self, make_machine: Any) -> None:
        async def coroutine() -> None: ...

        def generator() -> Iterator[int]:
            yield 1

        async def stream() -> AsyncIterator[int]:
            yield 1

        measured = EnergyMonitor(**wired(make_machine())).measured()
        functions: list[Callable[[], object]] = [coroutine, generator, stream]
        for function in functions:
            with pytest.raises(TypeError, match="open a window inside"):
                measured(function)


class TestWindows:
    def test_may_nest_and_touch(self, make_machine: Any) -> None:
        machine = make_machine()
        with EnergyMonitor(**wired(machine)) as monitor:
            with monitor.window("both") as both:
                with monitor.window("first") as first:
                    machine.work(2.0, WATTS)
                with monitor.window("second") as second:
                    machine.work(3.0, 100.0)
            names = [reading.name for reading in monitor.readings()]
            parts_j = [first.reading.energy_j, second.reading.energy_j]
            assert names == ["first", "second", "both"]
            assert parts_j == pytest.approx([800.0, 300.0], rel=0.03)
            assert both.reading.energy_j == pytest.approx(sum(filter(None, parts_j)), rel=0.02)

    def test_may_be_opened_by_any_thread(self, make_machine: Any) -> None:
        machine = make_machine()
        readings: list[EnergyReading] = []

        def work(monitor: EnergyMonitor) -> None:
            with monitor.window("thread") as window:
                machine.work(2.0, WATTS)
            readings.append(window.reading)

        with EnergyMonitor(**wired(machine)) as monitor:
            thread = threading.Thread(target=work, args=(monitor,))
            thread.start()
            thread.join()
        assert readings[0].energy_j == pytest.approx(800.0, rel=0.02)
        assert readings == list(monitor.readings())

    def test_wait_as_long_as_they_are_told(self) -> None:
        waits: list[float] = []

        class Window:
            start_ns, end_ns = 0, 1

            def end(self) -> None: ...

            def reading(self, timeout_s: float = 5.0) -> Any:
                waits.append(timeout_s)

        MonitorWindow(Window()).read(0.25)
        _ = MonitorWindow(Window()).reading
        assert waits == [0.25, 5.0]


class TestWithoutAWith:
    def test_starts_once_and_keeps_what_it_has(self, make_machine: Any) -> None:
        machine = make_machine()
        monitor = EnergyMonitor(**wired(machine)).start()
        with monitor.window("cell") as window:
            machine.work(2.0, WATTS)
        with pytest.raises(RuntimeError, match="once"):
            monitor.start()
        monitor.close()
        assert window.reading.energy_j == pytest.approx(800.0, rel=0.02)
        assert monitor.readings() == (window.reading,)
        assert monitor.series()
        with pytest.raises(RuntimeError, match="closed"), monitor.window("late"):
            pass


class TestSeries:
    def test_can_be_had_by_the_second(self, make_machine: Any) -> None:
        machine = make_machine()
        with EnergyMonitor(**wired(machine)) as monitor, monitor.window("load"):
            machine.work(10.0, WATTS)
        raw, seconds = monitor.series(), monitor.series(period_s=1.0)
        assert len(raw) > 5 * len(seconds)
        gaps_s = [
            (later.monotonic_ns - earlier.monotonic_ns) / 1e9
            for earlier, later in pairwise(seconds[:-1])  # the last one is not over
        ]
        assert gaps_s == pytest.approx([1.0] * len(gaps_s), abs=0.2)
        powers_w = [row.power_w for row in seconds if row.power_w is not None]
        assert max(powers_w) == pytest.approx(WATTS, rel=0.02)
        assert {row.device for row in seconds} == set(machine.uuids)
