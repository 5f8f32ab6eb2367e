"""Sessions on a simulated GPU in real time, polled by a process: its death, forks, threads."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from llem_contracts import SystemClock
from llem_energy import NvmlMeter, ProcessSampler, SamplingTask, open_library
from llem_energy.card_shelf import CardShelf, cache_folder
from llem_schema import EnergyReading
from llem_testing.simulated_gpu import (
    SCENARIO_VARIABLE,
    VOLTA,
    ConstantPower,
    Gpu,
    GpuProcess,
    Scenario,
    write_scenario,
)

BOARD = "GPU-board"
WATTS = 250.0
GUARD_S = 20.0
WINDOW_S = 0.2


class Bench:
    """A meter whose samplers are processes, and sessions that are closed at the end."""

    def __init__(self) -> None:
        self.samplers: list[ProcessSampler] = []
        clock = SystemClock()
        cards = CardShelf(cache_folder(os.environ), "simulated")
        self._meter = NvmlMeter(open_library(clock=clock), clock, self._make_sampler, cards)
        self._sessions: list[Any] = []

    def open(self) -> Any:
        self._sessions.append(self._meter.open([BOARD], 0.02))
        return self._sessions[-1]

    def kill_sampler(self) -> None:
        pid = self.samplers[-1].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)

    def close(self) -> None:
        for session in self._sessions:
            session.close()

    def _make_sampler(self, task: SamplingTask) -> ProcessSampler:
        self.samplers.append(ProcessSampler(task))
        return self.samplers[-1]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables that put a process on a machine with one board, with a place for its card.

    The board is held by this process.
    """
    folder = tmp_path_factory.mktemp("machine")
    board = Gpu(
        uuid=BOARD,
        pci_bus_id="00000000:01:00.0",
        power=ConstantPower(power_w=WATTS),
        compute_capability=(7, 0),
        sensors=VOLTA,
        processes=(GpuProcess(pid=os.getpid(), memory_mib=100),),
    )
    write_scenario(Scenario(gpus=(board,)).starting(SystemClock()), folder / "machine.json")
    return {
        "LLEM_NVML_BINDING": "llem_testing.simulated_gpu.binding:BINDING",
        SCENARIO_VARIABLE: str(folder / "machine.json"),
        "LLEM_CACHE_DIR": str(folder),
    }


@pytest.fixture
def bench(machine: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for name, value in machine.items():
        monkeypatch.setenv(name, value)
    bench = Bench()
    yield bench
    bench.close()


def window_of(session: Any, seconds: float = WINDOW_S) -> Any:
    window = session.begin("work")
    time.sleep(seconds)
    window.end()
    return window


def is_right(reading: EnergyReading) -> bool:
    """Whether it tells the constant power, as close as it says."""
    assert reading.energy_j is not None, reading.reason
    allowed_j = reading.comparison_uncertainty_j
    return reading.energy_j == pytest.approx(WATTS * reading.duration_s, abs=allowed_j)


def call_in_thread(function: Callable[[], Any]) -> Any:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(function()))
    thread.start()
    thread.join(GUARD_S)
    return answers[0]


class TestSession:
    def test_is_sampled_by_another_process(self, bench: Bench) -> None:
        session = bench.open()
        assert bench.samplers[0].pid not in (None, os.getpid())
        start_ns = time.monotonic_ns()
        window = window_of(session)
        samples = session.samples(start_ns)
        assert len(samples) > 2
        assert {sample.power_w for sample in samples} == {WATTS}
        reading = window.reading(GUARD_S)
        assert is_right(reading)
        assert "sampler_in_process" not in reading.flags

    def test_is_no_stranger_to_its_own_sampler(self, bench: Bench) -> None:
        reading = window_of(bench.open()).reading(GUARD_S)
        assert "shared_device" not in reading.flags

    def test_several_at_once_are_sampled_apart(self, bench: Bench) -> None:
        first, second = bench.open(), bench.open()
        windows = [session.begin("work") for session in (first, second)]
        time.sleep(WINDOW_S)
        first.close()
        for window in windows:
            window.end()
        assert is_right(windows[1].reading(GUARD_S))
        assert len({sampler.pid for sampler in bench.samplers}) == 2

    def test_may_begin_and_end_in_any_thread(self, bench: Bench) -> None:
        session = call_in_thread(bench.open)
        window = session.begin("work")
        time.sleep(WINDOW_S)
        call_in_thread(window.end)
        assert is_right(call_in_thread(lambda: window.reading(GUARD_S)))


class TestSamplerKilled:
    def test_loses_no_earlier_window_and_the_open_one_says_why(self, bench: Bench) -> None:
        session = bench.open()
        earlier = window_of(session)
        time.sleep(0.3)
        interrupted = session.begin("interrupted")
        bench.kill_sampler()
        interrupted.end()
        assert is_right(earlier.reading(GUARD_S))
        reading = interrupted.reading(GUARD_S)
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert "killed by SIGKILL" in reading.reason

    def test_a_later_window_is_measured_again(self, bench: Bench) -> None:
        session = bench.open()
        around = session.begin("around")
        bench.kill_sampler()
        later = window_of(session)
        around.end()
        assert is_right(later.reading(GUARD_S))
        reading = around.reading(GUARD_S)
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert "killed by SIGKILL" in reading.reason


def own_session() -> bool:
    bench = Bench()
    reading = window_of(bench.open()).reading(GUARD_S)
    bench.close()
    return is_right(reading)


class TestChildProcess:
    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_a_child_process_opens_a_session_of_its_own(self, bench: Bench, method: str) -> None:
        assert in_child(method, own_session)

    def test_an_inherited_session_refuses_and_leaves_the_parents_alone(self, bench: Bench) -> None:
        session = bench.open()
        outer = session.begin("outer")

        def try_everything() -> list[str]:
            outer.end()
            refused = []
            for attempt in (lambda: session.begin("x"), outer.reading, session.samples):
                try:
                    attempt()
                except RuntimeError as error:
                    refused.append(str(error))
            session.close()
            return refused

        refused = in_child("fork", try_everything)
        assert len(refused) == 3
        assert all("belongs to its parent; open one here" in reason for reason in refused)
        time.sleep(WINDOW_S)
        outer.end()
        assert is_right(outer.reading(GUARD_S))


def in_child(method: str, function: Callable[[], Any]) -> Any:
    """What a function gives in a child process."""
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    process = context.Process(target=answer, args=(theirs, function))
    process.start()
    assert ours.poll(GUARD_S)
    given = ours.recv()
    process.join(GUARD_S)
    assert process.exitcode == 0
    return given


def answer(pipe: Any, function: Callable[[], Any]) -> None:
    pipe.send(function())
