"""A meter of which the true joules are known."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from llem_contracts import (
    Clock,
    LlemError,
    Meter,
    MeterCandidate,
    MeterDescriptor,
    Plugin,
    Problem,
    Sample,
    SystemClock,
)
from llem_schema import (
    DeviceFacts,
    DeviceReading,
    EnergyReading,
    FrozenDict,
    IdleReading,
    RunSettings,
)

from llem_testing.load import Load

SCRIPTED_METER = MeterDescriptor(
    name="scripted",
    summary="joules from a script",
    factory="llem_testing.meter:scripted_meter",
    device_kinds=frozenset({"accelerator", "host"}),
    rank=40,
    automatic=False,
)


@dataclass(frozen=True)
class Watts:
    """Power of one device."""

    idle: float
    busy: float
    temperature_c: float | None = None


class ScriptedMeter:
    """A `Meter` whose devices draw `idle` or `busy` watts, as a `Load` says.

    Energy is the exact integral. The uncertainty is what the script states: `gain` is relative,
    1 sigma, and common to all windows of a board; `edge_j` is in joules, 1 sigma, per window and
    device.
    """

    def __init__(
        self,
        clock: Clock,
        watts: Mapping[str, Watts],
        load: Load | None = None,
        *,
        gain: float = 0.0,
        edge_j: float = 0.0,
        default_period_s: float = 0.1,
        series: bool = True,
        problems: Sequence[Problem] = (),
        open_error: LlemError | None = None,
        failure: str | None = None,
    ) -> None:
        """`watts` by UUID. With a `failure`, its reason, sensors give nothing once opened.

        `series`: whether there are samples beside the windows.
        """
        self.clock = clock
        self.watts = dict(watts)
        self.load = load or Load()
        self.gain = gain
        self.edge_j = edge_j
        self.failure = failure
        self.sessions: list[ScriptedSession] = []
        self.series = series
        self._default_period_s = default_period_s
        self._problems = tuple(problems)
        self._open_error = open_error

    def problems(self, devices: Sequence[DeviceFacts]) -> tuple[Problem, ...]:
        unknown = [device.uuid for device in devices if device.uuid not in self.watts]
        return self._problems + tuple(
            Problem(
                code="device_not_scripted",
                message=f"the script tells nothing of the device {uuid}",
                cure="Give its watts.",
            )
            for uuid in unknown
        )

    def open(
        self, devices: Sequence[str], sample_period_s: float | None = None
    ) -> "ScriptedSession":
        if self._open_error is not None:
            raise self._open_error
        for uuid in devices:
            if uuid not in self.watts:
                raise LlemError(
                    f"the script tells nothing of the device {uuid}", cure="Give its watts."
                )
        session = ScriptedSession(self, tuple(devices), sample_period_s or self._default_period_s)
        self.sessions.append(session)
        return session

    def power_w(self, uuid: str, at_ns: int) -> float:
        """The true power at an instant."""
        watts = self.watts[uuid]
        return watts.busy if self.load.is_busy(at_ns) else watts.idle

    def energy_j(self, uuid: str, start_ns: int, end_ns: int) -> float:
        """The true joules between two instants."""
        watts = self.watts[uuid]
        busy_ns = self.load.busy_ns(start_ns, end_ns)
        return (watts.busy * busy_ns + watts.idle * (end_ns - start_ns - busy_ns)) / 1e9

    def peak_power_w(self, uuid: str, start_ns: int, end_ns: int) -> float:
        """The highest true power between two instants."""
        busy_ns = self.load.busy_ns(start_ns, end_ns)
        watts = self.watts[uuid]
        seen = [watts.busy] * (busy_ns > 0) + [watts.idle] * (busy_ns < end_ns - start_ns)
        return max(seen, default=self.power_w(uuid, start_ns))


class ScriptedSession:
    """The `MeterSession` of a `ScriptedMeter`."""

    def __init__(self, meter: ScriptedMeter, devices: tuple[str, ...], period_s: float) -> None:
        self.devices = devices
        self.sample_period_s = period_s if meter.series else None
        self.windows: list[ScriptedWindow] = []
        self._meter = meter
        self._period_ns = round(period_s * 1e9)
        self._opened_ns = meter.clock.monotonic_ns()
        self._closed_ns: int | None = None

    @property
    def closed(self) -> bool:
        """Whether sampling has stopped."""
        return self._closed_ns is not None

    def begin(self, name: str) -> "ScriptedWindow":
        window = ScriptedWindow(self._meter, self.devices, name)
        self.windows.append(window)
        return window

    def idle(
        self, duration_s: float, progress: Callable[[float], None] | None = None
    ) -> IdleReading:
        clock = self._meter.clock
        start_ns = clock.monotonic_ns()
        gone_s = 0.0
        while gone_s < duration_s:
            step_s = min(1.0, duration_s - gone_s)
            clock.sleep(step_s)
            gone_s += step_s
            if progress is not None:
                progress(gone_s)
        end_ns = clock.monotonic_ns()
        seconds = (end_ns - start_ns) / 1e9
        if self._meter.failure is not None:
            return IdleReading(
                duration_s=seconds,
                power_w=None,
                std_w=None,
                samples=0,
                power_per_device_w=FrozenDict(),
                code="sensor_failed",
                reason=self._meter.failure,
            )
        per_device = {
            uuid: self._meter.energy_j(uuid, start_ns, end_ns) / seconds for uuid in self.devices
        }
        sums = [
            sum(self._meter.power_w(uuid, at_ns) for uuid in self.devices)
            for at_ns in self._ticks(start_ns, end_ns)
        ]
        return IdleReading(
            duration_s=seconds,
            power_w=sum(per_device.values()),
            std_w=statistics.stdev(sums) if len(sums) > 1 else None,
            samples=len(sums),
            power_per_device_w=FrozenDict(per_device),
            effective_samples=float(len(sums)),
            standard_error_w=statistics.stdev(sums) / len(sums) ** 0.5 if len(sums) > 1 else None,
            drift_w=sums[-1] - sums[0] if sums else None,
        )

    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        if self._meter.failure is not None or not self._meter.series:
            return ()
        now_ns = self._closed_ns or self._meter.clock.monotonic_ns()
        return tuple(
            Sample(
                monotonic_ns=at_ns,
                device=uuid,
                power_w=self._meter.power_w(uuid, at_ns),
                energy_j=self._meter.energy_j(uuid, self._opened_ns, at_ns),
                temperature_c=self._meter.watts[uuid].temperature_c,
            )
            for at_ns in self._ticks(since_ns, now_ns)
            for uuid in self.devices
        )

    def close(self) -> None:
        if self._closed_ns is None:
            self._closed_ns = self._meter.clock.monotonic_ns()

    def _ticks(self, start_ns: int, end_ns: int) -> range:
        """Instants of sampling from `start_ns` to `end_ns`, both included."""
        skipped = max(0, -((self._opened_ns - start_ns) // self._period_ns))
        return range(self._opened_ns + skipped * self._period_ns, end_ns + 1, self._period_ns)


class ScriptedWindow:
    """The `MeterWindow` of a `ScriptedMeter`."""

    def __init__(self, meter: ScriptedMeter, devices: tuple[str, ...], name: str) -> None:
        self.name = name
        self.start_ns = meter.clock.monotonic_ns()
        self.end_ns: int | None = None
        self._meter = meter
        self._devices = devices

    def end(self) -> None:
        if self.end_ns is not None:
            raise RuntimeError(f"the window {self.name!r} is closed already")
        self.end_ns = self._meter.clock.monotonic_ns()

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        del timeout_s  # a script has no trailing edges to wait for
        if self.end_ns is None:
            raise RuntimeError(f"the window {self.name!r} is still open")
        failure = self._meter.failure
        seconds = (self.end_ns - self.start_ns) / 1e9
        devices = tuple(self._device(uuid, self.end_ns, seconds) for uuid in self._devices)
        joules = None if failure else sum(device.energy_j or 0.0 for device in devices)
        edges_j = math.hypot(*(device.terms.get("edges", 0.0) for device in devices))
        gain_j = math.hypot(*(device.terms.get("gain", 0.0) for device in devices))
        return EnergyReading(
            name=self.name,
            start_ns=self.start_ns,
            end_ns=self.end_ns,
            duration_s=seconds,
            energy_j=joules,
            uncertainty_j=None if failure else 2 * math.hypot(gain_j, edges_j),
            comparison_uncertainty_j=None if failure else 2 * edges_j,
            mean_power_w=joules / seconds if joules is not None and seconds > 0 else None,
            peak_power_w=None if failure else sum(d.peak_power_w or 0.0 for d in devices),
            method="scripted",
            scope="scripted",
            code="sensor_failed" if failure else None,
            reason=failure,
            devices=devices,
        )

    def _device(self, uuid: str, end_ns: int, seconds: float) -> DeviceReading:
        if self._meter.failure is not None:
            return DeviceReading(
                uuid=uuid,
                energy_j=None,
                method="scripted",
                scope="scripted",
                mean_power_w=None,
                peak_power_w=None,
                reason=self._meter.failure,
            )
        joules = self._meter.energy_j(uuid, self.start_ns, end_ns)
        return DeviceReading(
            uuid=uuid,
            energy_j=joules,
            method="scripted",
            scope="scripted",
            mean_power_w=joules / seconds if seconds > 0 else None,
            peak_power_w=self._meter.peak_power_w(uuid, self.start_ns, end_ns),
            terms=FrozenDict({"gain": self._meter.gain * joules, "edges": self._meter.edge_j}),
        )


def meter_candidate(
    meter: Meter, descriptor: MeterDescriptor = SCRIPTED_METER, version: str = "0.1.0"
) -> MeterCandidate:
    """A meter as the choice of a run's meter takes it, without an installed plugin."""
    plugin = Plugin(descriptor.name, "llem-testing", version, descriptor, None)
    return MeterCandidate(plugin, lambda: meter)


def scripted_meter(settings: RunSettings) -> ScriptedMeter:
    """What the descriptor names: a host that draws 10 W, in real time."""
    del settings
    return ScriptedMeter(SystemClock(), {"host": Watts(idle=10.0, busy=10.0)})
