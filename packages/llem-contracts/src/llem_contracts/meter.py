"""The boundary `meter`: joules of a window.

    session = meter.open(devices, sample_period_s)        sampling begins
        idle = session.idle(30.0)                         nothing else runs
        window = session.begin("measured")                t0
        ...work, synchronised on both sides...
        window.end()                                      t1; returns at once
        reading = window.reading(timeout_s=5.0)           waits for the trailing edges
    session.close()

Windows may nest, overlap and touch. Every time is `time.monotonic_ns`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from llem_schema import DeviceFacts, EnergyReading, IdleReading

from llem_contracts.descriptor import Boundary, Descriptor
from llem_contracts.problem import Problem
from llem_contracts.sample import Sample


class MeterWindow(Protocol):
    """A span of time whose energy is asked for."""

    @property
    def start_ns(self) -> int: ...

    @property
    def end_ns(self) -> int | None:
        """None while the window is open."""
        ...

    def end(self) -> None:
        """Close the window now. Takes the time first and waits for nothing. Once only."""
        ...

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        """Energy of the closed window.

        Blocks until the samples after its end have arrived, `timeout_s` at most; what is missing
        then is None with a reason. Never raises for a failed sensor. Raises `RuntimeError` for a
        window still open.
        """
        ...


class MeterSession(Protocol):
    """A meter at work on a fixed set of devices."""

    @property
    def devices(self) -> tuple[str, ...]:
        """UUIDs, in the order that `open` was given."""
        ...

    @property
    def sample_period_s(self) -> float | None:
        """None for a meter without a series."""
        ...

    def begin(self, name: str) -> MeterWindow:
        """Open a window now."""
        ...

    def idle(
        self, duration_s: float, progress: Callable[[float], None] | None = None
    ) -> IdleReading:
        """Power over the coming `duration_s`, which the caller keeps free of work.

        `progress` is told the seconds gone by, about once a second.
        """
        ...

    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        """The series from `since_ns` on, in order of time, as far as it has come.

        Any thread may ask, also while another one opens, ends and reads windows.
        """
        ...

    def close(self) -> None:
        """Stop sampling. Readings of closed windows and the series stay available."""
        ...


class Meter(Protocol):
    """Reads the energy of devices."""

    def problems(self, devices: Sequence[DeviceFacts]) -> tuple[Problem, ...]:
        """Why these devices cannot be metered here and now; empty when they can."""
        ...

    def open(self, devices: Sequence[str], sample_period_s: float | None = None) -> MeterSession:
        """Begin to sample the devices, given by UUID.

        Raises `NotSupported` for a kind of device that the descriptor does not declare and
        `LlemError` where `problems` would have told of one.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class MeterDescriptor(Descriptor):
    """Says what a meter can measure and whether it is taken unasked."""

    device_kinds: frozenset[Literal["accelerator", "host"]]
    rank: int
    """Place in the order of accuracy; lower is better. Counters 10, power integrals 20,
    wrappers 30, models 50."""
    automatic: bool
    """May be chosen by `auto`. Estimates and scripted meters say no."""
    senses: bool = True
    """False for the meter that reads nothing and says why."""


METERS = Boundary("llem.meters", "meter", MeterDescriptor)
