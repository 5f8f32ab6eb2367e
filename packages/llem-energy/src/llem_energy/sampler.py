"""Keeps a polling loop going beside the work that is measured."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from llem_contracts import Clock

from llem_energy.polling import PollingLoop, Sensors
from llem_energy.recording import Recording


@dataclass(frozen=True)
class SamplingTask:
    """What a sampler is to do."""

    sensors: Sequence[Sensors]
    """Those that this process may poll."""
    sensors_elsewhere: str
    """`module:function` that opens the same ones in another process, given the devices."""
    devices: tuple[str, ...]
    """In the order of the sensors."""
    period_s: float
    recording: Recording
    """Where the polls go."""
    clock: Clock

    def loop(self) -> PollingLoop:
        """A loop of this process, whose first pass is due now."""
        return PollingLoop(self.sensors, self.recording, self.clock, self.period_s)


class Sampler(Protocol):
    """Makes passes over the devices; in a thread, a process, or as a fake clock goes on."""

    @property
    def flags(self) -> tuple[str, ...]:
        """What every reading says of the way it was sampled."""
        ...

    def start(self) -> None:
        """Begin to poll. Where polling has failed, begin again, with a gap in the recording.

        Without effect while it goes on. What fails is told by the recording.
        """
        ...

    def catch_up(self) -> None:
        """Bring what was polled so far into the recording."""
        ...

    def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until the condition holds, asked again as passes come; False where it never did.

        Ends early when sampling has stopped.
        """
        ...

    def stop(self) -> None:
        """Make no further pass, for good. May be called twice."""
        ...


SamplerFactory = Callable[[SamplingTask], Sampler]


class ThreadSampler:
    """A daemon thread of this process. The driver's calls run without the interpreter lock."""

    flags = ("sampler_in_process",)

    def __init__(self, task: SamplingTask) -> None:
        self._task = task
        self._recording = task.recording
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._stop.is_set() or (self._thread is not None and self._thread.is_alive()):
            return
        self._recording.resume()
        self._thread = threading.Thread(target=self._run, name="llem-energy-sampler", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:  # the system has no thread to give
            self._recording.stop(f"nothing can poll the sensors: {error}")

    def catch_up(self) -> None:
        """The thread's polls are in the recording as it makes them."""

    def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        changed = self._recording.changed
        with changed:
            changed.wait_for(lambda: until() or self._recording.stopped is not None, timeout_s)
            return until()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join()
        self._recording.stop("sampling was stopped")

    def _run(self) -> None:
        loop, clock = self._task.loop(), self._task.clock
        try:
            while not self._stop.is_set():
                loop.poll()
                self._stop.wait(max(loop.due_ns - clock.monotonic_ns(), 0) / 1e9)
        except Exception as error:  # a window must say that its sensor failed, not lack samples
            self._recording.stop(f"the sampler failed: {type(error).__name__}: {error}")
