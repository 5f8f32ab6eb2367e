"""Carries the sample series from the meters to the store while the run lasts."""

import heapq
from collections.abc import Sequence

from llem_contracts import MeterSession, RunHandle, Sample, StoreError


class SeriesRecorder:
    """Appends what is new each time it is asked, the samples of all sessions in order of time.

    A store that fails must not end a measurement: the failure is kept for the step that saves.
    """

    def __init__(self, sessions: Sequence[MeterSession], handle: RunHandle | None) -> None:
        self._sessions = tuple(sessions)
        self._handle = handle
        self._next_ns = [0] * len(self._sessions)
        self._finished = False
        self.failure: StoreError | None = None
        """Why the series on disk is not complete."""

    def flush(self) -> None:
        """Hand the store the samples since the last call; nothing once the series is finished.

        Only up to the instant that every session has come to, so that none comes too late.
        """
        self._hand_over(all_of_them=False)

    def finish(self) -> None:
        """Hand over the last samples. What the meters take after that is not part of the run."""
        self._hand_over(all_of_them=True)
        self._finished = True

    def series(self) -> list[Sample]:
        """Everything that the sessions have sampled, in order of time."""
        return _in_order([session.samples() for session in self._sessions])

    def _hand_over(self, *, all_of_them: bool) -> None:
        if self._handle is None or self.failure is not None or self._finished:
            return
        new = [
            session.samples(since_ns)
            for session, since_ns in zip(self._sessions, self._next_ns, strict=True)
        ]
        reached = [samples[-1].monotonic_ns for samples in new if samples]
        if not reached:
            return
        until_ns = max(reached) if all_of_them else min(reached)
        due = [[s for s in samples if s.monotonic_ns <= until_ns] for samples in new]
        try:
            self._handle.append(_in_order(due))
        except StoreError as error:
            self.failure = error
        self._next_ns = [
            samples[-1].monotonic_ns + 1 if samples else since_ns
            for samples, since_ns in zip(due, self._next_ns, strict=True)
        ]


def _in_order(series: Sequence[Sequence[Sample]]) -> list[Sample]:
    return list(heapq.merge(*series, key=lambda sample: sample.monotonic_ns))
