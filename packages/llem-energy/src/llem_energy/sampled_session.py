"""A meter at work on devices that a sampler polls: windows, idle power and the sample series."""

import math
import os
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Protocol

from llem_contracts import Clock, Sample
from llem_schema import EnergyReading, FrozenDict, IdleReading

from llem_energy.device_window import DeviceWindow
from llem_energy.idling import idling
from llem_energy.poll import BoardState
from llem_energy.recording import Recording, Series
from llem_energy.sampler import Sampler
from llem_energy.total import total_reading

_START_TIMEOUT_S = 2.0
"""Long enough for what the first window needs before its start on the slowest sensor."""
_CLOSE_TIMEOUT_S = 3.0


class SampledDevice(Series, Protocol):
    """A device of a session: what its sensors have told, and how joules come of it."""

    @property
    def uuid(self) -> str: ...

    def started(self, now_ns: int) -> bool:
        """Whether a window may begin: what its start is carried from has been seen."""
        ...

    def complete(self, end_ns: int) -> bool:
        """Whether everything that a window's end needs has arrived, or never will."""
        ...

    def read(self, start_ns: int, end_ns: int, stopped: str | None) -> DeviceWindow:
        """Energy of a closed window. `stopped`: why sampling ended, where it has."""
        ...

    def mean_power_w(self, start_ns: int, end_ns: int) -> float | None:
        """Mean of the powers that were read in a span too short for its energy; None without."""
        ...

    def states_between(self, start_ns: int, end_ns: int) -> Sequence[tuple[int, BoardState]]:
        """Slow states with their instants, from `start_ns` to `end_ns`, both included."""
        ...


class SampledWindow:
    """A span of time on the devices of a session."""

    def __init__(self, name: str, session: "SampledSession", clock: Clock) -> None:
        self._clock = clock
        self._name = name
        self._session = session
        self._end_ns: int | None = None
        self._reading: EnergyReading | None = None
        self._start_ns = clock.monotonic_ns()

    @property
    def start_ns(self) -> int:
        return self._start_ns

    @property
    def end_ns(self) -> int | None:
        return self._end_ns

    def end(self) -> None:
        now_ns = self._clock.monotonic_ns()
        if self._end_ns is not None:
            raise RuntimeError(f"the window {self._name!r} has ended before")
        self._end_ns = now_ns
        self._session.ended(now_ns)

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        if self._end_ns is None:
            raise RuntimeError(f"the window {self._name!r} is still open")
        if self._reading is None:
            reading, final = self._session.read(self._name, self._start_ns, self._end_ns, timeout_s)
            if not final:
                return reading
            self._reading = reading
        return self._reading


class SampledSession:
    """Sampling begins with this object and lasts until `close`.

    A session belongs to the process that opened it. What a fork inherits refuses to work there,
    and its `close` does nothing, so that the two cannot disturb each other.
    """

    def __init__(
        self,
        devices: Sequence[SampledDevice],
        recording: Recording,
        sampler: Sampler,
        clock: Clock,
        sample_period_s: float,
        learn: Callable[[], None] = lambda: None,
    ) -> None:
        """`learn` is called when sampling has ended, with the recording complete."""
        self._devices = tuple(devices)
        self._recording = recording
        self._sampler = sampler
        self._clock = clock
        self._sample_period_s = sample_period_s
        self._learn = learn
        self._latest_end_ns: int | None = None
        self._closed = False
        self._pid = os.getpid()
        self._begin_sampling()

    @property
    def devices(self) -> tuple[str, ...]:
        return tuple(device.uuid for device in self._devices)

    @property
    def sample_period_s(self) -> float | None:
        return self._sample_period_s

    def begin(self, name: str) -> SampledWindow:
        """Open a window now. Where sampling has failed since, it begins again before."""
        self._refuse_after_fork()
        if self._closed:
            raise RuntimeError("the meter's session is closed")
        self._sampler.catch_up()
        if self._recording.stopped is not None:
            self._begin_sampling()
        return SampledWindow(name, self, self._clock)

    def ended(self, end_ns: int) -> None:
        """Take note of the end of a window, so that `close` waits for what it needs."""
        self._latest_end_ns = max(end_ns, self._latest_end_ns or end_ns)

    def idle(
        self, duration_s: float, progress: Callable[[float], None] | None = None
    ) -> IdleReading:
        start_ns = self._clock.monotonic_ns()
        window = self.begin("idle")
        for second in range(1, math.ceil(duration_s) + 1):
            passed_s = min(float(second), duration_s)
            until_ns = start_ns + int(passed_s * 1e9)
            self._sampler.wait(lambda until=until_ns: self._clock.monotonic_ns() >= until, 2.0)  # type: ignore[misc]
            if progress is not None:
                progress(passed_s)
        window.end()
        assert window.end_ns is not None
        return self._idle_reading(window.reading(), window.start_ns, window.end_ns)

    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        self._refuse_after_fork()
        self._sampler.catch_up()
        return self._recording.samples(self._devices, since_ns)

    def close(self) -> None:
        """Stop sampling, once the ends of all closed windows have been seen."""
        if self._closed or self._forked:
            return
        self._closed = True
        latest_ns = self._latest_end_ns
        if latest_ns is not None:
            self._sampler.wait(lambda: self._complete(latest_ns), _CLOSE_TIMEOUT_S)
        self._sampler.stop()
        with self._recording.changed:
            self._learn()

    def read(
        self, name: str, start_ns: int, end_ns: int, timeout_s: float
    ) -> tuple[EnergyReading, bool]:
        """Energy of a span, and whether later polls cannot change it."""
        self._refuse_after_fork()
        arrived = self._sampler.wait(lambda: self._complete(end_ns), timeout_s)
        with self._recording.changed:
            stopped = self._recording.stopped
            windows = [d.read(start_ns, end_ns, stopped) for d in self._devices]
        sums = self._recording.summed_powers_w(self._devices, start_ns, end_ns, series=False)
        reading = total_reading(name, start_ns, end_ns, windows, max(sums, default=None))
        if self._sampler.flags:
            reading = reading.model_copy(update={"flags": reading.flags + self._sampler.flags})
        return reading, arrived or stopped is not None

    @property
    def _forked(self) -> bool:
        return os.getpid() != self._pid

    def _refuse_after_fork(self) -> None:
        if self._forked:
            raise RuntimeError(
                "this meter was opened before the process forked and belongs to its parent; open "
                "one here"
            )

    def _begin_sampling(self) -> None:
        """Sample, and wait until a window may begin."""
        self._sampler.start()
        self._sampler.wait(self._started, _START_TIMEOUT_S)

    def _started(self) -> bool:
        now_ns = self._clock.monotonic_ns()
        with self._recording.changed:
            return all(device.started(now_ns) for device in self._devices)

    def _complete(self, end_ns: int) -> bool:
        with self._recording.changed:
            return all(device.complete(end_ns) for device in self._devices)

    def _idle_reading(self, reading: EnergyReading, start_ns: int, end_ns: int) -> IdleReading:
        powers: dict[str, float] = {}
        for device, of_device in zip(self._devices, reading.devices, strict=True):
            power_w = of_device.mean_power_w
            if power_w is None and reading.code == "unresolved_window":
                with self._recording.changed:
                    power_w = device.mean_power_w(start_ns, end_ns)
            if power_w is not None:
                powers[of_device.uuid] = power_w
        whole = len(powers) == len(self._devices)
        sums = self._recording.summed_powers_w(self._devices, start_ns, end_ns, series=True)
        known = idling(sums)
        with self._recording.changed:
            states = [device.states_between(start_ns, end_ns) for device in self._devices]
        return IdleReading(
            duration_s=reading.duration_s,
            power_w=sum(powers.values()) if whole else None,
            std_w=known.std_w,
            samples=len(sums),
            power_per_device_w=FrozenDict(powers),
            effective_samples=known.effective_samples,
            standard_error_w=known.standard_error_w,
            drift_w=known.drift_w,
            temperature_c=_hottest_c(states),
            performance_state=_fastest(states),
            code=None if whole else reading.code,
            reason=None if whole else reading.reason,
        )


def _hottest_c(states: Sequence[Sequence[tuple[int, BoardState]]]) -> float | None:
    """Mean temperature of the device that was hottest on average."""
    told = [
        [state.temperature_c for _, state in of_device if state.temperature_c is not None]
        for of_device in states
    ]
    return max((fmean(of_device) for of_device in told if of_device), default=None)


def _fastest(states: Sequence[Sequence[tuple[int, BoardState]]]) -> int | None:
    """The fastest performance state of any device; 0 is the fastest there is."""
    return min(
        (
            state.performance_state
            for of_device in states
            for _, state in of_device
            if state.performance_state is not None
        ),
        default=None,
    )
