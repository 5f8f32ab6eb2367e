"""Samples in a process of its own, beside the interpreter that does the work."""

import logging
import threading
from collections.abc import Callable

from llem_energy.sampler import SamplingTask, ThreadSampler
from llem_energy.sampler_child import SamplerChild, SamplerUnavailable

LaunchChild = Callable[[SamplingTask], SamplerChild]

_FETCH_EVERY_S = 1.0
"""How long polls may lie in the log while nobody asks for them."""
_LATE = "polls were lost: this process did not fetch them in time"

_log = logging.getLogger("llem_energy")


def launch_child(task: SamplingTask) -> SamplerChild:
    """Start a sampler process. Raises `SamplerUnavailable`."""
    return SamplerChild(task.sensors_elsewhere, task.devices, task.period_s)


class ProcessSampler:
    """A sampler process and, where none can be had, a thread in its stead."""

    def __init__(self, task: SamplingTask, launch: LaunchChild = launch_child) -> None:
        self._task = task
        self._launch = launch
        self._guard = threading.Lock()
        """Held while the child is changed or read."""
        self._child: SamplerChild | None = None
        self._thread: ThreadSampler | None = None
        self._number = 0
        self._ended = threading.Event()
        self._fetcher: threading.Thread | None = None

    @property
    def flags(self) -> tuple[str, ...]:
        return () if self._thread is None else self._thread.flags

    @property
    def pid(self) -> int | None:
        """Id of the sampler process; None where there is none."""
        child = self._child
        return None if child is None else child.pid

    def start(self) -> None:
        with self._guard:
            if self._child is not None or self._ended.is_set():
                return
            self._child = self._launched() if self._thread is None else None
            if self._child is None:
                self._thread = self._thread or ThreadSampler(self._task)
                self._thread.start()
                return
            self._number = 0
            self._task.recording.resume()
            self._start_fetching(self._child.log_span_s)

    def catch_up(self) -> None:
        with self._guard:
            if self._child is None:
                return
            failure = (
                self._child.failure()
            )  # asked first: what it wrote before its end is then there
            self._fetch(self._child)
            if failure is not None:
                self._child.close()
                self._child = None
                self._task.recording.stop(failure)

    def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        recording, clock = self._task.recording, self._task.clock
        deadline_ns = clock.monotonic_ns() + int(timeout_s * 1e9)
        while True:
            self.catch_up()
            with recording.changed:
                left_s = (deadline_ns - clock.monotonic_ns()) / 1e9
                if until():
                    return True
                if recording.stopped is not None or left_s <= 0:
                    return False
                recording.changed.wait(min(left_s, self._task.period_s))

    def stop(self) -> None:
        self._ended.set()
        with self._guard:
            if self._child is not None:
                self._child.end()
                self._fetch(self._child)
                self._child.close()
                self._child = None
        if self._thread is not None:
            self._thread.stop()
        self._task.recording.stop("sampling was stopped")

    def _launched(self) -> SamplerChild | None:
        try:
            return self._launch(self._task)
        except SamplerUnavailable as reason:
            _log.info("polls are made by a thread, not by a sampler process: %s", reason)
            return None

    def _fetch(self, child: SamplerChild) -> None:
        recording = self._task.recording
        for number, polls in child.passes():
            if number != self._number + 1:
                recording.interrupt(_LATE)
            self._number = number
            recording.append(polls)

    def _start_fetching(self, log_span_s: float) -> None:
        """Empty the log now and then, so that a long window does not overflow it."""
        if self._fetcher is not None:
            return
        every_s = min(_FETCH_EVERY_S, log_span_s / 4)

        def fetch() -> None:
            while not self._ended.wait(every_s):
                self.catch_up()

        fetcher = threading.Thread(target=fetch, name="llem-energy-log", daemon=True)
        try:
            fetcher.start()
        except RuntimeError:  # no thread to be had: polls are fetched when they are asked for
            return
        self._fetcher = fetcher
