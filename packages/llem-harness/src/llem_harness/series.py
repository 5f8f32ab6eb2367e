"""Carries the sample series from the meter to the store while the run lasts."""

from llem_contracts import MeterSession, RunHandle, StoreError


class SeriesRecorder:
    """Appends what is new each time it is asked.

    A store that fails must not end a measurement: the failure is kept for the step that saves.
    """

    def __init__(self, session: MeterSession, handle: RunHandle | None) -> None:
        self._session = session
        self._handle = handle
        self._next_ns = 0
        self._finished = False
        self.failure: StoreError | None = None
        """Why the series on disk is not complete."""

    def flush(self) -> None:
        """Hand the store the samples since the last call; nothing once the series is finished."""
        if self._handle is None or self.failure is not None or self._finished:
            return
        samples = self._session.samples(self._next_ns)
        if not samples:
            return
        try:
            self._handle.append(samples)
        except StoreError as error:
            self.failure = error
        self._next_ns = samples[-1].monotonic_ns + 1

    def finish(self) -> None:
        """Hand over the last samples. What the meter takes after that is not part of the run."""
        self.flush()
        self._finished = True
