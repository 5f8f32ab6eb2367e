"""Meters and sessions that break one promise each."""

import threading
from collections.abc import Callable, Sequence

from llem_contracts import MeterSession, Problem, Sample
from llem_schema import DeviceFacts, EnergyReading, IdleReading

from .meter_around import MeterAround, SessionAround, WindowAround, changed, unmeasured


class FindsFaultWithAll(MeterAround):
    def problems(self, devices: Sequence[DeviceFacts]) -> tuple[Problem, ...]:
        return (Problem(code="dislike", message="I do not like it.", cure="Ask another."),)


class OpensWhatItCannotRead(MeterAround):
    def open(self, devices: Sequence[str], sample_period_s: float | None = None) -> SessionAround:
        known = [uuid for uuid in devices if uuid in self.inner.watts]
        return super().open(known, sample_period_s)


class SortsItsDevices(SessionAround):
    @property
    def devices(self) -> tuple[str, ...]:
        return tuple(sorted(self.inner.devices))


class LosesTheOuterWindow(SessionAround):
    """A window that is begun takes over, and the one around it counts from there."""

    latest_ns = 0

    def begin(self, name: str) -> WindowAround:
        window = LosesToTheLatest(self.inner.begin(name), self)
        self.latest_ns = window.start_ns
        return window


class LosesToTheLatest(WindowAround):
    def end(self) -> None:
        self.inner.end()
        assert isinstance(self.session, LosesTheOuterWindow)
        self._from_ns = max(self.session.latest_ns, self.start_ns)

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        reading = self.inner.reading(timeout_s)
        scripted = self.session.meter.inner
        return changed(
            reading,
            lambda d: (
                {}
                if d.energy_j is None
                else {"energy_j": scripted.energy_j(d.uuid, self._from_ns, reading.end_ns)}
            ),
        )


class CallsFailedIdlingZero(SessionAround):
    def idle(
        self, duration_s: float, progress: Callable[[float], None] | None = None
    ) -> IdleReading:
        idle = self.inner.idle(duration_s, progress)
        return idle if idle.code is None else idle.model_copy(update={"power_w": 0.0})


class ForgetsWhenClosed(SessionAround):
    closed = False

    def begin(self, name: str) -> WindowAround:
        return ForgottenWindow(self.inner.begin(name), self)

    def close(self) -> None:
        self.inner.close()
        self.closed = True


class ForgottenWindow(WindowAround):
    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        reading = self.inner.reading(timeout_s)
        assert isinstance(self.session, ForgetsWhenClosed)
        return unmeasured(reading, "closed") if self.session.closed else reading


class IdlesInHaste(SessionAround):
    def idle(
        self, duration_s: float, progress: Callable[[float], None] | None = None
    ) -> IdleReading:
        idle = self.inner.idle(0.5)
        for second in (1.0, 2.0, 3.0, 3.5):
            if progress is not None:
                progress(second)
        return idle.model_copy(update={"duration_s": duration_s})


class IdlesAtNothing(SessionAround):
    def idle(
        self, duration_s: float, progress: Callable[[float], None] | None = None
    ) -> IdleReading:
        idle = self.inner.idle(duration_s, progress)
        return idle if idle.power_w is None else idle.model_copy(update={"power_w": 0.0})


class IdlesInSilence(SessionAround):
    def idle(
        self, duration_s: float, progress: Callable[[float], None] | None = None
    ) -> IdleReading:
        return self.inner.idle(duration_s)


class GroupsItsSeriesByDevice(SessionAround):
    """Once it is long."""

    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        found = self.inner.samples(since_ns)
        if found[-1].monotonic_ns - found[0].monotonic_ns < 3e9:
            return found
        return sorted(found, key=lambda sample: sample.device)


class KnowsOneThread(SessionAround):
    def __init__(self, inner: MeterSession, meter: MeterAround) -> None:
        super().__init__(inner, meter)
        self._thread = threading.get_ident()

    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        if threading.get_ident() != self._thread:
            raise RuntimeError("this session belongs to another thread")
        return self.inner.samples(since_ns)


class TellsItsSeriesAtTheEnd(SessionAround):
    """Nothing before it is closed or long."""

    closed = False

    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        found = self.inner.samples()
        young = not found or found[-1].monotonic_ns - found[0].monotonic_ns < 1.5e9
        if young and not self.closed:
            return ()
        return self.inner.samples(since_ns)

    def close(self) -> None:
        self.closed = True
        self.inner.close()


class TellsAllOfItsSeries(SessionAround):
    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        return self.inner.samples()


class SamplesInMilliwatts(SessionAround):
    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        return [
            Sample(s.monotonic_ns, s.device, 1000 * (s.power_w or 0.0), s.energy_j)
            for s in self.inner.samples(since_ns)
        ]


class CountsBackwards(SessionAround):
    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        return [
            Sample(s.monotonic_ns, s.device, s.power_w, -(s.energy_j or 0.0))
            for s in self.inner.samples(since_ns)
        ]


class SamplesAtItsOwnPace(MeterAround):
    def open(self, devices: Sequence[str], sample_period_s: float | None = None) -> SessionAround:
        session = self.inner.open(devices)
        session.sample_period_s = sample_period_s or session.sample_period_s
        return self.session(session, self)


class SamplesOnAndOn(SessionAround):
    def close(self) -> None:
        return
