"""Keeps a polling loop going beside the work that is measured."""

import threading
from collections.abc import Callable
from typing import Protocol

from llem_contracts import Clock

from llem_energy.polling import PollingLoop
from llem_energy.recording import Recording


class Sampler(Protocol):
    """Runs a polling loop; a thread here, a process or a fake clock elsewhere."""

    def start(self) -> None: ...

    def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until the condition holds, asked after every pass; False where it never did.

        Ends early when sampling has stopped.
        """
        ...

    def stop(self) -> None:
        """Make no further pass. May be called twice."""
        ...


class ThreadSampler:
    """A daemon thread of this process. The driver's calls run without the interpreter lock."""

    def __init__(self, loop: PollingLoop, recording: Recording, clock: Clock) -> None:
        self._loop = loop
        self._recording = recording
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="llem-energy-sampler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        changed = self._recording.changed
        with changed:
            changed.wait_for(lambda: until() or self._recording.stopped is not None, timeout_s)
            return until()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._recording.stop("sampling was stopped")

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._loop.poll()
                self._stop.wait(max(self._loop.due_ns - self._clock.monotonic_ns(), 0) / 1e9)
        except Exception as error:  # a window must say that its sensor failed, not lack samples
            self._recording.stop(f"the sampler failed: {type(error).__name__}: {error}")
