"""Samplers on scripted children and loops: what fails is told, and nothing earlier is lost."""

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from llem_contracts import SystemClock
from llem_energy import ProcessSampler, Recording, SamplingTask, ThreadSampler
from llem_energy.poll import Poll
from llem_energy.sampler_child import SamplerUnavailable

GUARD_S = 20.0


class CountingSensors:
    """Answers with the number of times that it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = None

    def poll(self) -> Poll:
        if self.error is not None:
            raise self.error
        self.asked += 1
        return Poll(at_ns=SystemClock().monotonic_ns(), energy_j=float(self.asked))


class ScriptedChild:
    """A sampler process that says what it is told to say."""

    pid = 4711
    log_span_s = 1e9

    def __init__(self) -> None:
        self.waiting: list[tuple[int, tuple[Poll, ...]]] = []
        self.written = 0
        self.died: str | None = None
        self.closed = False

    def write(self, number: int, at_ns: int) -> None:
        self.written = number
        self.waiting.append((number, (Poll(at_ns, energy_j=1.0),)))

    def passes(self) -> Iterator[tuple[int, tuple[Poll, ...]]]:
        while self.waiting:
            yield self.waiting.pop(0)

    def failure(self) -> str | None:
        return self.died

    def end(self) -> None:
        """It writes one last pass before it goes."""
        if self.died is None:
            self.write(self.written + 1, 10**9)

    def close(self) -> None:
        self.closed = True


class Children:
    """Makes scripted children, or refuses."""

    def __init__(self) -> None:
        self.made: list[ScriptedChild] = []
        self.refusal: str | None = None

    def __call__(self, task: SamplingTask) -> Any:
        if self.refusal is not None:
            raise SamplerUnavailable(self.refusal)
        self.made.append(ScriptedChild())
        return self.made[-1]


def a_task(sensors: CountingSensors | None = None) -> SamplingTask:
    return SamplingTask(
        sensors=[sensors or CountingSensors()],
        sensors_elsewhere="nowhere:nothing",
        devices=("board",),
        period_s=0.005,
        recording=Recording(["board"], 1),
        clock=SystemClock(),
    )


class Bench:
    """A process sampler over scripted children."""

    def __init__(self) -> None:
        self.sensors = CountingSensors()
        self.task = a_task(self.sensors)
        self.recording = self.task.recording
        self.children = Children()
        self.sampler = ProcessSampler(self.task, self.children)

    @property
    def child(self) -> ScriptedChild:
        return self.children.made[-1]

    @property
    def instants_ns(self) -> list[int]:
        return list(self.recording.traces["board"].times_ns)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.sampler.stop()


class TestProcess:
    def test_passes_are_brought_into_the_recording(self, bench: Bench) -> None:
        bench.sampler.start()
        bench.child.write(1, 10)
        bench.child.write(2, 20)
        bench.sampler.catch_up()
        assert bench.instants_ns == [10, 20]
        assert bench.sampler.flags == ()
        assert bench.sampler.pid == bench.child.pid

    def test_they_are_fetched_also_when_nobody_asks(self, bench: Bench) -> None:
        children = bench.children

        def quickly_overflowing(task: SamplingTask) -> Any:
            child = children(task)
            child.log_span_s = 0.04
            return child

        sampler = ProcessSampler(bench.task, quickly_overflowing)
        sampler.start()
        with bench.recording.changed:
            bench.child.write(1, 10)
            assert bench.recording.changed.wait_for(lambda: bench.instants_ns == [10], GUARD_S)
        sampler.stop()

    def test_waiting_ends_when_the_condition_holds(self, bench: Bench) -> None:
        bench.sampler.start()
        bench.child.write(1, 10)
        assert bench.sampler.wait(lambda: bench.instants_ns == [10], GUARD_S)
        assert not bench.sampler.wait(lambda: False, 0.02)

    def test_missing_numbers_are_a_gap(self, bench: Bench) -> None:
        bench.sampler.start()
        for number in (1, 2, 7, 8):
            bench.child.write(number, number * 10)
        bench.sampler.catch_up()
        (gap,) = bench.recording.traces["board"].gaps
        assert (gap.start_ns, gap.end_ns) == (20, 70)
        assert "not fetch them in time" in gap.reason

    def test_starting_twice_makes_one_child(self, bench: Bench) -> None:
        bench.sampler.start()
        bench.sampler.start()
        assert len(bench.children.made) == 1

    def test_stopping_takes_the_last_passes_in_and_is_for_good(self, bench: Bench) -> None:
        bench.sampler.start()
        bench.sampler.stop()
        bench.sampler.stop()
        assert bench.instants_ns == [10**9]
        assert bench.child.closed
        assert bench.recording.stopped == "sampling was stopped"
        bench.sampler.start()
        assert len(bench.children.made) == 1


class TestProcessThatDies:
    def test_leaves_its_passes_and_its_reason(self, bench: Bench) -> None:
        bench.sampler.start()
        bench.child.write(1, 10)
        bench.child.died = "the sampler process was killed by SIGKILL"
        assert not bench.sampler.wait(lambda: False, GUARD_S)
        assert bench.instants_ns == [10]
        assert bench.recording.stopped == "the sampler process was killed by SIGKILL"
        assert bench.child.closed
        assert bench.sampler.pid is None

    def test_is_followed_by_another_after_a_gap(self, bench: Bench) -> None:
        bench.sampler.start()
        bench.child.write(1, 10)
        bench.child.died = "it died"
        bench.sampler.catch_up()
        bench.sampler.start()
        assert bench.recording.stopped is None
        bench.child.write(1, 50)
        bench.child.write(2, 60)
        bench.sampler.catch_up()
        (gap,) = bench.recording.traces["board"].gaps
        assert (gap.start_ns, gap.end_ns, gap.reason) == (10, 50, "it died")


class TestWithoutProcess:
    def test_a_thread_polls_and_says_so(
        self, bench: Bench, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "llem_energy")
        bench.children.refusal = "the system has no process to give"
        bench.sampler.start()
        assert bench.sampler.wait(lambda: len(bench.instants_ns) > 2, GUARD_S)
        assert bench.sampler.flags == ("sampler_in_process",)
        assert bench.sampler.pid is None
        assert "the system has no process to give" in caplog.text

    def test_the_thread_takes_over_from_a_dead_process(self, bench: Bench) -> None:
        bench.sampler.start()
        bench.child.write(1, 10)
        bench.child.died = "it died"
        bench.sampler.catch_up()
        bench.children.refusal = "no process left"
        bench.sampler.start()
        assert bench.sampler.wait(lambda: len(bench.instants_ns) > 2, GUARD_S)
        assert [gap.reason for gap in bench.recording.traces["board"].gaps] == ["it died"]


class TestThread:
    def test_polls_until_it_is_stopped(self) -> None:
        task = a_task()
        sampler = ThreadSampler(task)
        sampler.start()
        times = task.recording.traces["board"].times_ns
        assert sampler.wait(lambda: len(times) > 2, GUARD_S)
        sampler.stop()
        seen = len(times)
        assert not sampler.wait(lambda: len(times) > seen, 0.05)
        assert task.recording.stopped == "sampling was stopped"

    def test_an_error_becomes_the_reason_and_a_new_start_goes_on(self) -> None:
        sensors = CountingSensors()
        task = a_task(sensors)
        sampler = ThreadSampler(task)
        sampler.start()
        trace = task.recording.traces["board"]
        assert sampler.wait(lambda: len(trace.times_ns) > 2, GUARD_S)
        sensors.error = ValueError("nonsense from the driver")
        assert not sampler.wait(lambda: False, GUARD_S)
        assert "nonsense from the driver" in (task.recording.stopped or "")
        seen, sensors.error = len(trace.times_ns), None
        sampler.start()
        assert sampler.wait(lambda: len(trace.times_ns) > seen, GUARD_S)
        sampler.stop()
        (gap,) = trace.gaps
        assert (gap.start_ns, gap.end_ns) == tuple(trace.times_ns[seen - 1 : seen + 1])

    def test_goes_on_when_the_thread_that_started_it_has_ended(self) -> None:
        task = a_task()
        sampler = ThreadSampler(task)
        starter = threading.Thread(target=sampler.start)
        starter.start()
        starter.join()
        assert sampler.wait(lambda: len(task.recording.traces["board"].times_ns) > 2, GUARD_S)
        sampler.stop()
