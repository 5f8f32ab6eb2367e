"""What is measured goes to the store while the run lasts, and nobody waits for that."""

import signal
import threading
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import GeneratedRequest, RequestRecord, Sample, StoreError
from llem_harness import run
from llem_harness.recorder import RunRecorder
from llem_schema import WorkOrder
from llem_store import FolderStore, load_partial
from llem_store.handle import FolderRunHandle
from llem_testing import example_order

from .orders import only_folder

GUARD_S = 60.0
OFTEN_S = 0.001
NEVER_S = 3600.0


class Sampled:
    """A session with the samples that it was given so far."""

    def __init__(self, device: str, sample_period_s: float | None = 0.1) -> None:
        self.sample_period_s = sample_period_s
        self._device = device
        self._times_ns: list[int] = []
        self.error: Exception | None = None

    def take(self, *times_ns: int) -> None:
        self._times_ns += times_ns

    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        if self.error is not None:
            raise self.error
        return [Sample(at_ns, self._device) for at_ns in self._times_ns if at_ns >= since_ns]


class Kept:
    """A handle that remembers what it was given, and can be waited for."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.records: list[RequestRecord] = []
        self.threads: set[str] = set()
        self.sizes: list[int] = []
        self.failure: StoreError | None = None
        self._changed = threading.Condition()

    def append(self, samples: Sequence[Sample]) -> None:
        self._take(self.samples, samples)

    def requests(self, records: Iterable[RequestRecord]) -> None:
        self._take(self.records, records)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, GUARD_S)

    def _take(self, kept: list[Any], new: Iterable[Any]) -> None:
        with self._changed:
            self.threads.add(threading.current_thread().name)
            if self.failure is not None:
                raise self.failure
            before = len(kept)
            kept.extend(new)
            self.sizes.append(len(kept) - before)
            self._changed.notify_all()


def recorder(sessions: Sequence[Sampled], kept: Kept, period_s: float = OFTEN_S) -> RunRecorder:
    return RunRecorder(sessions, kept, period_s)  # type: ignore[arg-type]


def times_ns(samples: Iterable[Sample]) -> list[int]:
    return [sample.monotonic_ns for sample in samples]


def requests(count: int) -> tuple[GeneratedRequest, ...]:
    return tuple(
        GeneratedRequest(
            index=index,
            batch=index,
            input_tokens=1,
            padded_tokens=0,
            output_tokens=1,
            discarded_tokens=0,
            start_ns=0,
            token_ns=(5,),
        )
        for index in range(count)
    )


class TestSamples:
    def test_come_while_the_run_lasts_each_of_them_once(self) -> None:
        session, kept = Sampled("host"), Kept()
        recording = recorder([session], kept)
        for at_ns in range(5):
            session.take(at_ns)
            kept.wait_for(lambda at_ns=at_ns: len(kept.samples) > at_ns)  # type: ignore[misc]
        recording.finish()
        assert times_ns(kept.samples) == [0, 1, 2, 3, 4]

    def test_of_several_sessions_come_as_far_as_all_have_come(self) -> None:
        slow, fast, kept = Sampled("GPU-0"), Sampled("host"), Kept()
        slow.take(1, 4)
        fast.take(2, 3, 5, 6)
        recording = recorder([slow, fast], kept)
        kept.wait_for(lambda: bool(kept.samples))
        assert times_ns(kept.samples) == [1, 2, 3, 4]
        recording.finish()
        assert times_ns(kept.samples) == [1, 2, 3, 4, 5, 6]

    def test_of_one_session_wait_for_no_other_that_is_silent_or_has_none(self) -> None:
        silent, without, fast, kept = (
            Sampled("GPU-0"),
            Sampled("GPU-1", None),
            Sampled("host"),
            Kept(),
        )
        silent.take(1)
        fast.take(2, 3, 1_200_000_002, 1_200_000_004)
        recording = recorder([silent, without, fast], kept)
        kept.wait_for(lambda: len(kept.samples) == 3)
        assert times_ns(kept.samples) == [1, 2, 3]
        recording.finish()

    def test_of_the_last_moment_come_at_the_end(self) -> None:
        session, kept = Sampled("host"), Kept()
        recording = recorder([session], kept, NEVER_S)
        session.take(1, 2)
        recording.finish()
        assert times_ns(kept.samples) == [1, 2]
        session.take(3)
        recording.finish()
        assert times_ns(kept.samples) == [1, 2]

    def test_are_never_written_by_the_thread_that_works(self) -> None:
        session, kept = Sampled("host"), Kept()
        session.take(1)
        recording = recorder([session], kept, NEVER_S)
        recording.finish()
        assert kept.threads == {"llem-recorder"}

    def test_are_not_cut_short_by_a_signal(self) -> None:
        kept = Kept()
        session = Sampled("host")
        session.take(1)
        recording = recorder([session], kept)
        kept.wait_for(lambda: bool(kept.samples))
        (thread,) = [t for t in threading.enumerate() if t.name == "llem-recorder"]
        status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
        blocked = int(status.partition("SigBlk:")[2].split()[0], 16)
        recording.finish()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            assert blocked & 1 << number - 1

    def test_that_the_store_refuses_are_no_end_of_the_run(self) -> None:
        session, kept = Sampled("host"), Kept()
        kept.failure = StoreError("no space left")
        session.take(1, 2)
        recording = recorder([session], kept)
        recording.add_pass(requests(2))
        recording.finish()
        assert recording.failure is kept.failure
        assert times_ns(recording.series()) == [1, 2]
        assert len(recording.records()) == 2

    def test_that_a_meter_does_not_give_are_told_to_the_thread_that_works(self) -> None:
        session, kept = Sampled("host"), Kept()
        session.error = RuntimeError("the plugin has a fault")
        recording = recorder([session], kept)
        with pytest.raises(RuntimeError, match="the plugin has a fault"):
            recording.finish()

    def test_stay_with_the_meters_where_nothing_is_saved(self) -> None:
        session = Sampled("host")
        session.take(1)
        recording = RunRecorder([session], None)  # type: ignore[list-item]
        recording.finish()
        assert times_ns(recording.series()) == [1]


class TestRequests:
    def test_of_each_pass_come_when_it_is_over(self) -> None:
        kept = Kept()
        recording = recorder([], kept)
        recording.add_pass(requests(2))
        kept.wait_for(lambda: len(kept.records) == 2)
        recording.add_pass(requests(3), step_times=False, measured=False)
        recording.finish()
        assert [record.pass_index for record in kept.records] == [0, 0, 1, 1, 1]
        assert [record.measured for record in kept.records] == [True] * 2 + [False] * 3
        assert [record.first_token_ns for record in kept.records] == [5] * 2 + [None] * 3
        assert kept.records == recording.records()

    def test_of_a_long_pass_come_all_and_in_order(self) -> None:
        kept = Kept()
        recording = recorder([], kept, NEVER_S)
        recording.add_pass(requests(200))
        recording.finish()
        assert [record.request for record in kept.records] == list(range(200))

    def test_of_many_short_passes_come_a_few_at_a_time(self) -> None:
        """So that writing them takes no noticeable part of the window."""
        kept = Kept()

        class EachTime(Sampled):
            seen: tuple[int, ...] = ()

            def samples(self, since_ns: int = 0) -> Sequence[Sample]:
                self.seen += (len(kept.records),)
                return ()

        session = EachTime("host")
        recording = recorder([session], kept, NEVER_S)
        for _ in range(1000):
            recording.add_pass(requests(3))
        recording.finish()
        assert len(kept.records) == 3000  # all at the end
        often = recorder([session], kept)
        session.seen = ()
        for _ in range(1000):
            often.add_pass(requests(3))
        kept.wait_for(lambda: len(kept.records) == 6000)
        often.finish()
        assert max(later - earlier for earlier, later in pairwise(session.seen)) <= 256
        assert max(kept.sizes) == 64
        assert kept.records[3000:] == often.records()


class TestWindow:
    """A store that hangs delays neither t1 nor what follows, up to the step that saves."""

    def test_ends_while_the_store_is_still_writing(self, make_world: Any, order: WorkOrder) -> None:
        stuck, let_go = threading.Event(), threading.Event()

        class Stuck(FolderRunHandle):
            def append(self, samples: Sequence[Sample]) -> None:
                stuck.set()
                assert let_go.wait(GUARD_S)
                super().append(samples)

        class Store(FolderStore):
            def begin(self, order: WorkOrder) -> FolderRunHandle:
                handle = super().begin(order)
                handle.__class__ = Stuck
                return handle

        world = make_world()
        events = world.events.append

        def listen(event: Any) -> None:
            if getattr(event, "phase", None) == "load" and event.type == "phase_started":
                assert stuck.wait(GUARD_S)  # the first flush is on its way
            if getattr(event, "phase", None) == "assemble":
                let_go.set()
            events(event)

        result = run(order, world.with_ports(store=Store(), listener=listen).ports)
        assert result.energy_total_j is not None
        assert let_go.is_set()


class TestKilledRun:
    def test_has_its_series_and_its_finished_passes_without_an_end(self, tmp_path: Path) -> None:
        session = Sampled("host")
        handle = FolderStore().begin(example_order(tmp_path))
        recording = RunRecorder([session], handle, OFTEN_S)  # type: ignore[list-item]
        session.take(1, 2, 3)
        recording.add_pass(requests(2))
        left = load_partial(handle.path)
        for _ in range(6000):
            left = load_partial(handle.path)
            if left.timeseries() is not None and left.requests() is not None:
                break
            threading.Event().wait(0.01)
        series, records = left.timeseries(), left.requests()
        recording.finish()
        assert series is not None
        assert records is not None
        assert (series.num_rows, records.num_rows) == (3, 2)


class TestInterruptedRun:
    def test_keeps_the_requests_of_the_passes_that_were_over(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = make_world(generate_errors={5: KeyboardInterrupt()})
        with pytest.raises(KeyboardInterrupt):
            run(order, world.ports)
        left = load_partial(only_folder(order))
        assert (left.reason, left.phase) == ("interrupted", "measure")
        records = left.requests()
        assert records is not None
        assert records.num_rows == 3 * order.config.n
