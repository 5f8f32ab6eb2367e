"""The meter `none`: reads nothing and says why."""

from collections.abc import Callable, Sequence

from llem_contracts import Clock, Problem, Sample, SystemClock
from llem_schema import (
    DeviceFacts,
    DeviceReading,
    EnergyReading,
    FrozenDict,
    IdleReading,
    RunSettings,
)

NO_SENSOR = "no_sensor"
_REASON = "the meter `none` reads no sensor"


class NullWindow:
    """A span of time without a figure."""

    def __init__(self, name: str, session: "NullSession", clock: Clock) -> None:
        self._name = name
        self._session = session
        self._clock = clock
        self._end_ns: int | None = None
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

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        if self._end_ns is None:
            raise RuntimeError(f"the window {self._name!r} is still open")
        reason = self._session.reason
        return EnergyReading(
            name=self._name,
            start_ns=self._start_ns,
            end_ns=self._end_ns,
            duration_s=(self._end_ns - self._start_ns) / 1e9,
            energy_j=None,
            uncertainty_j=None,
            comparison_uncertainty_j=None,
            mean_power_w=None,
            peak_power_w=None,
            method="none",
            scope="none",
            code=NO_SENSOR,
            reason=reason,
            devices=tuple(
                DeviceReading(
                    uuid=uuid,
                    energy_j=None,
                    method="none",
                    scope="none",
                    mean_power_w=None,
                    peak_power_w=None,
                    reason=reason,
                )
                for uuid in self._session.devices
            ),
        )


class NullSession:
    """Windows with times and without energy."""

    def __init__(self, devices: Sequence[str], clock: Clock, reason: str) -> None:
        self._devices = tuple(devices)
        self._clock = clock
        self.reason = reason

    @property
    def devices(self) -> tuple[str, ...]:
        return self._devices

    @property
    def sample_period_s(self) -> float | None:
        return None

    def begin(self, name: str) -> NullWindow:
        return NullWindow(name, self, self._clock)

    def idle(
        self, duration_s: float, progress: Callable[[float], None] | None = None
    ) -> IdleReading:
        """Nothing to read, so it does not wait."""
        return IdleReading(
            duration_s=0.0,
            power_w=None,
            std_w=None,
            samples=0,
            power_per_device_w=FrozenDict(),
            code=NO_SENSOR,
            reason=self.reason,
        )

    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        return ()

    def close(self) -> None:
        """Nothing runs."""


class NullMeter:
    """Serves every device and measures none."""

    def __init__(self, clock: Clock, reason: str = _REASON) -> None:
        """`reason`: why nothing is read, as every reading will say."""
        self._clock = clock
        self._reason = reason

    def problems(self, devices: Sequence[DeviceFacts]) -> tuple[Problem, ...]:
        return ()

    def open(self, devices: Sequence[str], sample_period_s: float | None = None) -> NullSession:
        return NullSession(devices, self._clock, self._reason)


def create_null_meter(settings: RunSettings) -> NullMeter:
    """Factory of the entry point."""
    return NullMeter(SystemClock())
