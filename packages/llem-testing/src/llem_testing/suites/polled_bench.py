"""What benches share whose meters poll: passes that are made as a fake clock moves."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from llem_contracts import Meter
from llem_schema import DeviceFacts

from llem_testing.clock import FakeClock
from llem_testing.suites.meter_bench import MeterBench

_POLL_NS = 20_000_000


class PollingLoop(Protocol):
    """What a meter does again and again."""

    @property
    def due_ns(self) -> int:
        """When the next pass is due."""
        ...

    def poll(self) -> None:
        """Make a pass."""
        ...


class PollRecording(Protocol):
    """What a meter's passes fill."""

    def stop(self, reason: str) -> None:
        """Say that no further pass comes."""
        ...


class SamplingTask(Protocol):
    """What a meter wants to have sampled."""

    @property
    def recording(self) -> PollRecording:
        """Where the passes go."""
        ...

    def loop(self) -> PollingLoop:
        """Begin to poll in this process."""
        ...


class InlineSampler:
    """Makes the passes that are due as a fake clock moves: no thread, no process."""

    flags: tuple[str, ...] = ()

    def __init__(self, task: SamplingTask, clock: FakeClock) -> None:
        self._loop = task.loop()
        self._recording = task.recording
        self._clock = clock
        self._stopped = False

    def start(self) -> None:
        """Nothing happens before the clock moves."""

    def catch_up(self) -> None:
        """Every pass is recorded as it is made."""

    def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        """Let the clock run until the condition holds; False where it does not in that time."""
        deadline_ns = self._clock.monotonic_ns() + round(timeout_s * 1e9)
        while not (until() or self._stopped) and self._clock.monotonic_ns() < deadline_ns:
            self.advance_to(min(self._clock.monotonic_ns() + _POLL_NS, deadline_ns))
        return until()

    def advance_to(self, target_ns: int) -> None:
        """Move the clock, with the passes that fall due until then."""
        while not self._stopped and self._loop.due_ns <= target_ns:
            self._clock.set_monotonic_ns(max(self._clock.monotonic_ns(), self._loop.due_ns))
            self._loop.poll()
        self._clock.set_monotonic_ns(max(self._clock.monotonic_ns(), target_ns))

    def stop(self) -> None:
        """Make no further pass."""
        self._stopped = True
        self._recording.stop("sampling was stopped")


MakeSampler = Callable[[SamplingTask], InlineSampler]


class PolledBench(MeterBench):
    """Devices under a meter that polls them, on a clock that nobody waits for."""

    def __init__(
        self,
        *,
        meter: Meter,
        clock: FakeClock,
        devices: Sequence[DeviceFacts],
        idle_w: Mapping[str, float],
        busy_w: Mapping[str, float],
        stranger: DeviceFacts | None = None,
    ) -> None:
        """`meter`: one that has its samplers from `make_sampler`."""
        super().__init__(
            meter=meter,
            clock=clock,
            devices=devices,
            idle_w=idle_w,
            busy_w=busy_w,
            stranger=stranger,
        )
        self._fake = clock
        self._sampler: InlineSampler | None = None

    @abstractmethod
    def draw(self, watts: Mapping[str, float]) -> None:
        """From now on each device draws so much."""

    def advance(self, seconds: float, watts: Mapping[str, float]) -> None:
        target_ns = self._fake.monotonic_ns() + round(seconds * 1e9)
        self.draw(watts)
        if self._sampler is not None:
            self._sampler.advance_to(target_ns)
        self._fake.set_monotonic_ns(target_ns)
        self.draw(self.idle_w)

    def make_sampler(self, task: SamplingTask) -> InlineSampler:
        """For the meter. The latest session is the one that is polled."""
        self._sampler = InlineSampler(task, self._fake)
        return self._sampler
