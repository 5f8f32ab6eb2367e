"""Carries samples and requests to the store while the run lasts.

    the run      | baseline | load | ... | t0  pass  pass  pass  t1 | ... | finish
    this thread       |    |    |    |    |    |    |    |    |    |    |     |

About once a second a thread of its own hands over what is new, so that a run which is killed has
lost a second of its series and the pass that it was in. The work that is measured never waits for
it: t1 is taken before anything here is waited for. Signals are for the main thread, so none comes
in the middle of writing.
"""

import heapq
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from llem_contracts import (
    GeneratedRequest,
    MeterSession,
    RequestRecord,
    RunHandle,
    Sample,
    StoreError,
)

from llem_harness.window import record_of

PERIOD_S = 1.0
_REQUESTS_AT_ONCE = 64
"""Turning more into a table takes long enough for the thread that works to notice."""
_REQUESTS_A_PERIOD = 256
"""Some milliseconds. Of passes that are over in no time most requests are written at the end."""


@dataclass(frozen=True)
class _Pass:
    requests: tuple[GeneratedRequest, ...]
    step_times: bool
    measured: bool


class RunRecorder:
    """Appends what is new, the samples of all sessions in order of time.

    A store that fails must not end a measurement: the failure is kept for the step that saves.
    """

    def __init__(
        self,
        sessions: Sequence[MeterSession],
        handle: RunHandle | None,
        period_s: float = PERIOD_S,
    ) -> None:
        """Begins at once, where there is a `handle`."""
        self._sessions = tuple(sessions)
        self._handle = handle
        self._period_s = period_s
        self._next_ns = [0] * len(self._sessions)
        self._passes: list[_Pass] = []
        self._pass = 0
        """The first of which the store does not have all requests yet."""
        self._request = 0
        """The first of that pass that it does not have."""
        self._ending = threading.Event()
        self._finished = False
        self._error: Exception | None = None
        self._thread: threading.Thread | None = None
        self.failure: StoreError | None = None
        """Why what is on disk is not complete."""
        if handle is not None:
            self._start()

    def add_pass(
        self,
        requests: tuple[GeneratedRequest, ...],
        *,
        step_times: bool = True,
        measured: bool = True,
    ) -> None:
        """Take the requests of a pass that is over; done in no time, inside a window too.

        Passes count from 0. `step_times`, `measured`: see `record_of`.
        """
        self._passes.append(_Pass(requests, step_times, measured))

    def finish(self) -> None:
        """Hand over the rest. What the meters take after that is not part of the run.

        Raises what a meter raised when it was asked for its samples.
        """
        if self._finished:
            return
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        elif self._handle is not None:
            self._hand_over(all_of_them=True)
        self._finished = True
        if self._error is not None:
            raise self._error

    def series(self) -> list[Sample]:
        """Everything that the sessions have sampled, in order of time."""
        return _in_order([session.samples() for session in self._sessions])

    def records(self) -> list[RequestRecord]:
        """All requests, as the store keeps them."""
        return [record for number in range(len(self._passes)) for record in self._records(number)]

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="llem-recorder", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no thread to give: all is handed over at the end
            return
        self._thread = thread

    def _run(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            while not self._ending.wait(self._period_s):
                self._hand_over(all_of_them=False)
            self._hand_over(all_of_them=True)
        except Exception as error:  # for the thread that waits for this one
            self._error = error

    def _hand_over(self, *, all_of_them: bool) -> None:
        assert self._handle is not None
        if self.failure is not None:
            return
        try:
            self._hand_over_samples(self._handle, all_of_them=all_of_them)
            self._hand_over_requests(self._handle, all_of_them=all_of_them)
        except StoreError as error:
            self.failure = error

    def _hand_over_samples(self, handle: RunHandle, *, all_of_them: bool) -> None:
        new = [
            session.samples(since_ns)
            for session, since_ns in zip(self._sessions, self._next_ns, strict=True)
        ]
        newest_ns = max((samples[-1].monotonic_ns for samples in new if samples), default=None)
        if newest_ns is None:
            return
        until_ns = newest_ns if all_of_them else self._reached_by_all_ns(new, newest_ns)
        due = [[s for s in samples if s.monotonic_ns <= until_ns] for samples in new]
        if any(due):
            handle.append(_in_order(due))
        self._next_ns = [
            samples[-1].monotonic_ns + 1 if samples else since_ns
            for samples, since_ns in zip(due, self._next_ns, strict=True)
        ]

    def _reached_by_all_ns(self, new: Sequence[Sequence[Sample]], newest_ns: int) -> int:
        """The instant that every session has come to, so that none of its samples comes too late.

        One without a series, or silent for more than two periods and a second, holds nobody up.
        """
        reached_ns = newest_ns
        for session, samples, since_ns in zip(self._sessions, new, self._next_ns, strict=True):
            if session.sample_period_s is not None:
                last_ns = samples[-1].monotonic_ns if samples else since_ns - 1
                silence_ns = round((2 * session.sample_period_s + 1) * 1e9)
                reached_ns = min(reached_ns, max(last_ns, newest_ns - silence_ns))
        return reached_ns

    def _hand_over_requests(self, handle: RunHandle, *, all_of_them: bool) -> None:
        most = sys.maxsize if all_of_them else _REQUESTS_A_PERIOD
        given = 0
        while given < most and (records := self._next_records()):
            handle.requests(records)
            given += len(records)

    def _next_records(self) -> list[RequestRecord]:
        """Some requests that the store does not have yet, the earliest first."""
        records: list[RequestRecord] = []
        while len(records) < _REQUESTS_AT_ONCE and self._pass < len(self._passes):
            room = _REQUESTS_AT_ONCE - len(records)
            some = self._records(self._pass, self._request, self._request + room)
            records += some
            self._request += len(some)
            if self._request == len(self._passes[self._pass].requests):
                self._pass, self._request = self._pass + 1, 0
        return records

    def _records(self, number: int, start: int = 0, end: int | None = None) -> list[RequestRecord]:
        one = self._passes[number]
        return [
            record_of(request, number, step_times=one.step_times, measured=one.measured)
            for request in one.requests[start:end]
        ]


def _in_order(series: Sequence[Sequence[Sample]]) -> list[Sample]:
    return list(heapq.merge(*series, key=lambda sample: sample.monotonic_ns))
