"""A meter around another that changes nothing: broken doubles change one thing of it."""

from collections.abc import Callable, Sequence
from typing import Any

from llem_contracts import MeterSession, MeterWindow, Problem, Sample
from llem_schema import DeviceFacts, EnergyReading, IdleReading
from llem_testing import FakeClock


class WindowAround:
    def __init__(self, inner: MeterWindow, session: "SessionAround") -> None:
        self.inner = inner
        self.session = session

    @property
    def clock(self) -> FakeClock:
        clock = self.session.meter.inner.clock
        assert isinstance(clock, FakeClock)
        return clock

    @property
    def start_ns(self) -> int:
        return self.inner.start_ns

    @property
    def end_ns(self) -> int | None:
        return self.inner.end_ns

    def end(self) -> None:
        self.inner.end()

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        return self.inner.reading(timeout_s)


class SessionAround:
    window: type[WindowAround] = WindowAround

    def __init__(self, inner: MeterSession, meter: "MeterAround") -> None:
        self.inner = inner
        self.meter = meter

    @property
    def devices(self) -> tuple[str, ...]:
        return self.inner.devices

    @property
    def sample_period_s(self) -> float | None:
        return self.inner.sample_period_s

    def begin(self, name: str) -> WindowAround:
        return self.window(self.inner.begin(name), self)

    def idle(
        self, duration_s: float, progress: Callable[[float], None] | None = None
    ) -> IdleReading:
        return self.inner.idle(duration_s, progress)

    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        return self.inner.samples(since_ns)

    def close(self) -> None:
        self.inner.close()


class MeterAround:
    session: type[SessionAround] = SessionAround

    def __init__(self, inner: Any) -> None:
        """`inner`: a meter; a scripted one where a double asks it for the truth."""
        self.inner = inner

    def problems(self, devices: Sequence[DeviceFacts]) -> tuple[Problem, ...]:
        return self.inner.problems(devices)

    def open(self, devices: Sequence[str], sample_period_s: float | None = None) -> SessionAround:
        return self.session(self.inner.open(devices, sample_period_s), self)


def with_window(window: type[WindowAround]) -> type[MeterAround]:
    """A meter whose windows are of this class."""
    return with_session(type(f"Opens{window.__name__}", (SessionAround,), {"window": window}))


def with_session(session: type[SessionAround]) -> type[MeterAround]:
    """A meter whose sessions are of this class."""
    return type(f"With{session.__name__}", (MeterAround,), {"session": session})


def changed(reading: EnergyReading, of_devices: Callable[[Any], dict[str, Any]]) -> EnergyReading:
    """A reading with other devices, and the sums that belong to them."""
    devices = tuple(d.model_copy(update=of_devices(d)) for d in reading.devices)
    energies = [d.energy_j for d in devices]
    joules = None if None in energies else sum(energies)
    mean_w = None if joules is None else joules / reading.duration_s
    return reading.model_copy(
        update={"devices": devices, "energy_j": joules, "mean_power_w": mean_w}
    )


def unmeasured(reading: EnergyReading, reason: str) -> EnergyReading:
    """The reading without its energy."""
    empty = changed(reading, lambda d: {"energy_j": None, "mean_power_w": None, "reason": reason})
    return empty.model_copy(
        update={
            "uncertainty_j": None,
            "comparison_uncertainty_j": None,
            "code": "sensor_failed",
            "reason": reason,
        }
    )
