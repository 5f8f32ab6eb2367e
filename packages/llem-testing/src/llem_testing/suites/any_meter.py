"""What every meter promises, whether it senses anything or not."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Generic, TypeVar

import pytest
from llem_contracts import LlemError, MeterDescriptor, NotSupported
from llem_schema import HOST_ID, EnergyReading

from llem_testing.suites.base import ContractSuite
from llem_testing.suites.work_bench import WorkBench

_SOME_GPU = "GPU-ffffffff-ffff-ffff-ffff-ffffffffffff"

Bench = TypeVar("Bench", bound=WorkBench)


class AnyMeterSuite(ContractSuite, ABC, Generic[Bench]):
    """Problems, sessions and the times of windows. The other meter suites are built on it."""

    descriptor: ClassVar[MeterDescriptor]
    _benches: tuple[WorkBench, ...] = ()

    @abstractmethod
    def make_bench(self) -> Bench:
        """A new bench; two devices show more than one does."""

    def new_bench(self) -> Bench:
        """A bench whose sessions end with the test."""
        bench = self.make_bench()
        self._benches = (*self._benches, bench)
        return bench

    def measured(self, bench: Bench) -> EnergyReading:
        """Reading of a window in which the devices worked, from a session on all of them."""
        session = bench.open()
        bench.rest(1.0)
        window = session.begin("measured")
        bench.work(bench.window_s)
        window.end()
        return window.reading()

    @pytest.fixture(autouse=True)
    def _end_sessions(self) -> Iterator[None]:
        yield
        for bench in self._benches:
            bench.close()

    def test_devices_that_can_be_metered_have_no_problem(self) -> None:
        bench = self.new_bench()
        problems = bench.meter.problems(bench.devices)
        assert [problem for problem in problems if problem.blocking] == []

    def test_a_device_with_a_problem_cannot_be_opened(self) -> None:
        bench = self.new_bench()
        if bench.stranger is None:
            pytest.skip("this bench has no device that the meter cannot read")
        problems = bench.meter.problems([bench.stranger])
        assert problems
        assert all(problem.code and problem.message and problem.cure for problem in problems)
        with pytest.raises(LlemError) as caught:
            bench.meter.open([bench.stranger.uuid])
        assert caught.value.cure

    def test_a_kind_of_device_that_is_not_declared_is_not_supported(self) -> None:
        undeclared = {"accelerator": _SOME_GPU, "host": HOST_ID}
        for kind in self.descriptor.device_kinds:
            del undeclared[kind]
        if not undeclared:
            pytest.skip("the descriptor declares every kind of device")
        for uuid in undeclared.values():
            with pytest.raises(NotSupported):
                self.new_bench().meter.open([uuid])

    def test_a_session_names_its_devices_in_the_order_given(self) -> None:
        for uuids in _both_orders(self.new_bench()):
            assert tuple(self.new_bench().open(uuids).devices) == uuids

    def test_a_window_begins_now(self) -> None:
        bench = self.new_bench()
        session = bench.open()
        bench.rest(1.0)
        before_ns = bench.clock.monotonic_ns()
        window = session.begin("w")
        assert before_ns <= window.start_ns <= bench.clock.monotonic_ns()

    def test_a_window_is_open_until_it_is_ended(self) -> None:
        bench = self.new_bench()
        window = bench.open().begin("w")
        bench.rest(0.5)
        assert window.end_ns is None
        window.end()
        assert window.end_ns is not None

    def test_the_end_is_the_time_at_which_it_was_called_for(self) -> None:
        bench = self.new_bench()
        window = bench.open().begin("w")
        bench.rest(1.0)
        before_ns = bench.clock.monotonic_ns()
        window.end()
        assert window.end_ns is not None
        assert before_ns <= window.end_ns <= before_ns + bench.patience_s * 1e9

    def test_ending_waits_for_nothing(self) -> None:
        bench = self.new_bench()
        window = bench.open().begin("w")
        bench.work(1.0)
        before_ns = bench.clock.monotonic_ns()
        window.end()
        assert bench.clock.monotonic_ns() - before_ns <= bench.patience_s * 1e9

    def test_a_window_ends_once(self) -> None:
        bench = self.new_bench()
        window = bench.open().begin("w")
        bench.rest(0.5)
        window.end()
        end_ns = window.end_ns
        bench.rest(0.5)
        with pytest.raises(RuntimeError):
            window.end()
        assert window.end_ns == end_ns

    def test_an_open_window_has_no_reading(self) -> None:
        bench = self.new_bench()
        window = bench.open().begin("w")
        bench.rest(0.5)
        with pytest.raises(RuntimeError):
            window.reading()

    def test_a_reading_is_of_its_window(self) -> None:
        bench = self.new_bench()
        window = bench.open().begin("a name")
        bench.work(1.0)
        window.end()
        reading = window.reading()
        assert reading.name == "a name"
        assert (reading.start_ns, reading.end_ns) == (window.start_ns, window.end_ns)
        assert reading.duration_s == pytest.approx((reading.end_ns - reading.start_ns) / 1e9)

    def test_a_reading_lists_the_devices_in_the_order_given(self) -> None:
        for uuids in _both_orders(self.new_bench()):
            bench = self.new_bench()
            window = bench.open(uuids).begin("w")
            bench.work(1.0)
            window.end()
            assert tuple(device.uuid for device in window.reading().devices) == uuids

    def test_a_reading_waits_no_longer_than_it_may(self) -> None:
        bench = self.new_bench()
        window = bench.open().begin("w")
        bench.work(1.0)
        window.end()
        for timeout_s in (0.0, 0.25):
            before_ns = bench.clock.monotonic_ns()
            window.reading(timeout_s=timeout_s)
            waited_s = (bench.clock.monotonic_ns() - before_ns) / 1e9
            assert waited_s <= timeout_s + bench.patience_s


def _both_orders(bench: WorkBench) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return bench.uuids, bench.uuids[::-1]
