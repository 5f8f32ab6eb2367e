"""The meter `acme-wattmeter`: shows what the environment variable ACME_WATTMETER says.

    ACME_WATTMETER='{"idle_w": 40.0, "busy_w": 100.0}'

Every device draws `idle_w` while `idle()` waits and `busy_w` at all other times. A meter of a real
device would read it where this one calls `_power_w` and `_energy_j`.
"""

import os
from collections.abc import Callable, Mapping, Sequence

from llem_contracts import Clock, LlemError, Problem, Sample, SystemClock
from llem_schema import (
    DeviceFacts,
    DeviceReading,
    EnergyReading,
    FrozenDict,
    IdleReading,
    Model,
    RunSettings,
)
from pydantic import Field, ValidationError

VARIABLE = "ACME_WATTMETER"
EXAMPLE = """ACME_WATTMETER='{"idle_w": 40.0, "busy_w": 100.0}'"""


class Display(Model):
    """What the wattmeter shows, in watts per device."""

    idle_w: float = Field(ge=0)
    busy_w: float = Field(ge=0)
    gain_error: float = Field(default=0.0, ge=0)
    """How well it is calibrated: 1 sigma, as a share of what it shows."""


class Wattmeter:
    """A `Meter`."""

    def __init__(self, environ: Mapping[str, str], clock: Clock | None = None) -> None:
        self._environ = environ
        self._clock = clock or SystemClock()

    def problems(self, devices: Sequence[DeviceFacts]) -> tuple[Problem, ...]:
        del devices  # it shows the same for any
        try:
            self._display()
        except LlemError as error:
            return (
                Problem(code="acme_wattmeter_unset", message=str(error), cure=error.cure or ""),
            )
        return ()

    def open(
        self, devices: Sequence[str], sample_period_s: float | None = None
    ) -> "WattmeterSession":
        return WattmeterSession(
            self._display(), tuple(devices), sample_period_s or 0.1, self._clock
        )

    def _display(self) -> Display:
        text = self._environ.get(VARIABLE)
        if text is None:
            raise LlemError(f"{VARIABLE} is not set", cure=f"Set it, such as {EXAMPLE}.")
        try:
            return Display.model_validate_json(text)
        except ValidationError as error:
            raise LlemError(
                f"{VARIABLE} does not say what the wattmeter shows", cure=f"Set {EXAMPLE}."
            ) from error


class WattmeterSession:
    """A `MeterSession`. The series is reckoned when asked for, so nothing runs beside the work."""

    def __init__(
        self, display: Display, devices: tuple[str, ...], sample_period_s: float, clock: Clock
    ) -> None:
        self.devices = devices
        self.sample_period_s: float | None = sample_period_s
        self._display = display
        self._clock = clock
        self._period_ns = round(sample_period_s * 1e9)
        self._opened_ns = clock.monotonic_ns()
        self._closed_ns: int | None = None
        self._idle_spans: list[tuple[int, int]] = []

    def begin(self, name: str) -> "WattmeterWindow":
        return WattmeterWindow(name, self, self._clock)

    def idle(
        self, duration_s: float, progress: Callable[[float], None] | None = None
    ) -> IdleReading:
        start_ns = self._clock.monotonic_ns()
        end_ns = start_ns + round(duration_s * 1e9)
        self._idle_spans.append((start_ns, end_ns))
        while (left_s := (end_ns - self._clock.monotonic_ns()) / 1e9) > 0:
            self._clock.sleep(min(1.0, left_s))
            if progress is not None:
                progress(min(duration_s, (self._clock.monotonic_ns() - start_ns) / 1e9))
        samples = sum(start_ns <= at_ns < end_ns for at_ns in self._ticks(start_ns, end_ns))
        return IdleReading(
            duration_s=duration_s,
            power_w=self._display.idle_w * len(self.devices),
            std_w=0.0 if samples > 1 else None,
            samples=samples,
            power_per_device_w=FrozenDict(dict.fromkeys(self.devices, self._display.idle_w)),
        )

    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        now_ns = self._closed_ns or self._clock.monotonic_ns()
        return [
            Sample(
                monotonic_ns=at_ns,
                device=device,
                power_w=self._power_w(at_ns),
                energy_j=self.energy_j(self._opened_ns, at_ns),
            )
            for at_ns in self._ticks(since_ns, now_ns)
            for device in self.devices
        ]

    def close(self) -> None:
        self._closed_ns = self._closed_ns or self._clock.monotonic_ns()

    @property
    def gain_error(self) -> float:
        return self._display.gain_error

    def energy_j(self, start_ns: int, end_ns: int) -> float:
        """Joules of one device between two instants."""
        idle_ns = sum(
            max(0, min(end_ns, last) - max(start_ns, first)) for first, last in self._idle_spans
        )
        busy_ns = end_ns - start_ns - idle_ns
        return (self._display.idle_w * idle_ns + self._display.busy_w * busy_ns) / 1e9

    def _power_w(self, at_ns: int) -> float:
        idle = any(first <= at_ns < last for first, last in self._idle_spans)
        return self._display.idle_w if idle else self._display.busy_w

    def peak_power_w(self, start_ns: int, end_ns: int) -> float:
        """The highest power of one device between two instants."""
        inside = (first for span in self._idle_spans for first in span if start_ns < first < end_ns)
        return max(self._power_w(at_ns) for at_ns in (start_ns, *inside))

    def _ticks(self, since_ns: int, until_ns: int) -> range:
        """Instants of sampling from `since_ns` to `until_ns`."""
        skipped = max(0, -((self._opened_ns - since_ns) // self._period_ns))
        return range(self._opened_ns + skipped * self._period_ns, until_ns + 1, self._period_ns)


class WattmeterWindow:
    """A `MeterWindow`."""

    def __init__(self, name: str, session: WattmeterSession, clock: Clock) -> None:
        self.name = name
        self.start_ns = clock.monotonic_ns()
        self.end_ns: int | None = None
        self._session = session
        self._clock = clock

    def end(self) -> None:
        if self.end_ns is not None:
            raise RuntimeError(f"the window {self.name!r} has ended already")
        self.end_ns = self._clock.monotonic_ns()

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        del timeout_s  # nothing arrives late
        if self.end_ns is None:
            raise RuntimeError(f"the window {self.name!r} is still open")
        seconds = (self.end_ns - self.start_ns) / 1e9
        joules = self._session.energy_j(self.start_ns, self.end_ns)
        mean_w = joules / seconds if seconds > 0 else None
        peak_w = self._session.peak_power_w(self.start_ns, self.end_ns)
        number = len(self._session.devices)
        gain_j = joules * self._session.gain_error
        return EnergyReading(
            name=self.name,
            start_ns=self.start_ns,
            end_ns=self.end_ns,
            duration_s=seconds,
            energy_j=joules * number,
            uncertainty_j=2 * gain_j * number,  # k = 2; one instrument errs alike on all devices
            comparison_uncertainty_j=0.0,  # and alike in all windows
            mean_power_w=mean_w * number if mean_w is not None else None,
            peak_power_w=peak_w * number,
            method="acme_display",
            scope="device",
            devices=tuple(
                DeviceReading(
                    uuid=device,
                    energy_j=joules,
                    method="acme_display",
                    scope="device",
                    mean_power_w=mean_w,
                    peak_power_w=peak_w,
                    terms=FrozenDict({"gain": gain_j}),
                )
                for device in self._session.devices
            ),
        )


def wattmeter(settings: RunSettings) -> Wattmeter:
    """What the descriptor names."""
    del settings
    return Wattmeter(os.environ)
