"""Windows of a wrapped package: its joules, our times, and an error that can be stood by.

A counter shows what had been used at its last update, up to a period T ago. Read at both ends of
a window, it gives

    E(t1 - u1) - E(t0 - u0)      0 <= u0, u1 <= T

which is off by (energy of the u0 before t0) - (energy of the u1 before t1). With P the most that
the board may draw, both lie between 0 and P T, whatever the load: the mean square of the difference
is greatest where one edge has the power P and the other none, P^2 T^2 / 3. So `edges` is
P T / sqrt(3), and twice that is more than the error can be. What the package's own calls took is
added to T. What a counter misses that sums samples of a part of the time is not in it: the package
does not see the power, so the flag `sampling_unstated` says so.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from llem_contracts import Clock, Sample
from llem_schema import DeviceReading, EnergyReading, FrozenDict, IdleReading

from llem_energy.budget import EXPANSION, GAIN, gain_term_j
from llem_energy.device_window import DeviceWindow
from llem_energy.nvml_handles import Gpu
from llem_energy.total import total_reading
from llem_energy.wrapper import Wrapper, WrapperFailure

MAY_REFUSE_BELOW_S = 1.0
"""Below this length a window may be too short to resolve."""


@dataclass(frozen=True)
class WrappedGpu:
    """A GPU, and what bounds the error of its counter's values."""

    gpu: Gpu
    period_s: float
    """How old a value of the counter can be."""
    limit_w: float | None
    """The most that the board may draw; None where the driver does not tell."""
    flags: tuple[str, ...]
    """Said of every reading of this GPU."""


class WrapperWindow:
    """A span of time that the package meters on each GPU of a session."""

    def __init__(self, name: str, session: "WrapperSession", clock: Clock) -> None:
        self._name = name
        self._session = session
        self._clock = clock
        self._end_ns: int | None = None
        self._reading: EnergyReading | None = None
        asked_ns = clock.monotonic_ns()
        self.opened: tuple[Any, ...] = session.open_all()
        """Of each GPU the package's open window, or the `WrapperFailure` in its place."""
        self._start_ns = clock.monotonic_ns()
        self._late_s = (self._start_ns - asked_ns) / 1e9

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
        joules = self._session.close_all(self)
        self._late_s += (self._clock.monotonic_ns() - now_ns) / 1e9
        self._reading = self._session.read(self._name, self._start_ns, now_ns, joules, self._late_s)

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        """The package has said all it will when the window has ended, so there is no wait."""
        if self._reading is None:
            raise RuntimeError(f"the window {self._name!r} is still open")
        return self._reading


class WrapperSession:
    """Windows on a fixed set of GPUs. There is no series: the package is asked at ends alone."""

    def __init__(self, gpus: Sequence[WrappedGpu], wrapper: Wrapper, clock: Clock) -> None:
        self._gpus = tuple(gpus)
        self._wrapper = wrapper
        self._clock = clock
        self._open: set[WrapperWindow] = set()
        self._closed = False

    @property
    def devices(self) -> tuple[str, ...]:
        return tuple(wrapped.gpu.uuid for wrapped in self._gpus)

    @property
    def sample_period_s(self) -> float | None:
        return None

    def begin(self, name: str) -> WrapperWindow:
        if self._closed:
            raise RuntimeError("the meter's session is closed")
        window = WrapperWindow(name, self, self._clock)
        self._open.add(window)
        return window

    def idle(
        self, duration_s: float, progress: Callable[[float], None] | None = None
    ) -> IdleReading:
        """The spread is that of the seconds within the time."""
        whole = self.begin("idle")
        powers_w: list[float] = []
        for second in range(1, math.ceil(duration_s) + 1):
            passed_s = min(float(second), duration_s)
            until_ns = whole.start_ns + round(passed_s * 1e9)
            part = self.begin("a second of idle")
            self._clock.sleep(max(until_ns - self._clock.monotonic_ns(), 0) / 1e9)
            part.end()
            power_w = part.reading().mean_power_w
            if power_w is not None:
                powers_w.append(power_w)
            if progress is not None:
                progress(passed_s)
        whole.end()
        reading = whole.reading()
        return IdleReading(
            duration_s=reading.duration_s,
            power_w=reading.mean_power_w,
            std_w=stdev(powers_w, fmean(powers_w)) if len(powers_w) > 1 else None,
            samples=len(powers_w),
            power_per_device_w=FrozenDict(
                {
                    device.uuid: device.mean_power_w
                    for device in reading.devices
                    if device.mean_power_w is not None
                }
            ),
            code=reading.code,
            reason=reading.reason if reading.energy_j is None else None,
        )

    def samples(self, since_ns: int = 0) -> Sequence[Sample]:
        return ()

    def close(self) -> None:
        """Windows that are still open will have no energy."""
        self._closed = True
        for window in tuple(self._open):
            self._discard(window)

    def open_all(self) -> tuple[Any, ...]:
        """Open the package's windows on all GPUs."""
        return tuple(_tried(self._wrapper.begin, wrapped.gpu) for wrapped in self._gpus)

    def close_all(self, window: WrapperWindow) -> tuple[float | WrapperFailure, ...]:
        """Joules of each GPU, or why there are none."""
        if window not in self._open:
            failure = WrapperFailure(
                "sensor_failed", "the meter's session was closed before the window ended"
            )
            return (failure,) * len(self._gpus)
        self._open.remove(window)
        return tuple(
            opened if isinstance(opened, WrapperFailure) else _tried(self._wrapper.end, opened)
            for opened in window.opened
        )

    def read(
        self,
        name: str,
        start_ns: int,
        end_ns: int,
        joules: Sequence[float | WrapperFailure],
        late_s: float,
    ) -> EnergyReading:
        """Reading of a closed window. `late_s`: what the package's calls took at its ends."""
        duration_s = (end_ns - start_ns) / 1e9
        windows = [
            self._window(wrapped, told, duration_s, wrapped.period_s + late_s)
            for wrapped, told in zip(self._gpus, joules, strict=True)
        ]
        return total_reading(name, start_ns, end_ns, windows, None)

    def _window(
        self,
        wrapped: WrappedGpu,
        told: float | WrapperFailure,
        duration_s: float,
        age_s: float,
    ) -> DeviceWindow:
        """`age_s`: how old the counter's values can have been."""
        if isinstance(told, WrapperFailure):
            return self._without_energy(wrapped, told.code, told.reason)
        if told < 0:
            return self._without_energy(
                wrapped,
                "counter_reset",
                f"the energy counter fell during the window, as after a reload of the driver, and "
                f"{self._wrapper.package} told {told:.1f} J",
            )
        mean_w = told / duration_s if duration_s > 0 else 0.0
        edges_j = max(wrapped.limit_w or 0.0, mean_w) * age_s / math.sqrt(3)
        gain_j = gain_term_j(told, duration_s)
        bound_j = told + EXPANSION * math.hypot(edges_j, gain_j)
        if duration_s < MAY_REFUSE_BELOW_S and (mean_w == 0 or told <= EXPANSION * edges_j):
            reason = (
                f"a window of {duration_s:.3f} s is too short for a counter whose values are up to "
                f"{age_s:.3f} s old"
            )
            return self._without_energy(wrapped, "unresolved_window", reason, bound_j)
        if told == 0:
            reason = f"the energy counter stood still for {duration_s:.1f} s"
            return self._without_energy(wrapped, "sensor_failed", reason)
        reading = DeviceReading(
            uuid=wrapped.gpu.uuid,
            energy_j=told,
            method=self._wrapper.method,
            scope="gpu",
            mean_power_w=mean_w,
            peak_power_w=None,
            terms=FrozenDict({GAIN: gain_j, "edges": edges_j}),
            flags=wrapped.flags,
            reason=f"{self._wrapper.package} read the energy counter at both ends",
        )
        return DeviceWindow(reading, None, bound_j)

    def _without_energy(
        self, wrapped: WrappedGpu, code: str, reason: str, bound_j: float | None = None
    ) -> DeviceWindow:
        reading = DeviceReading(
            uuid=wrapped.gpu.uuid,
            energy_j=None,
            method=self._wrapper.method,
            scope="gpu",
            mean_power_w=None,
            peak_power_w=None,
            flags=wrapped.flags,
            reason=reason,
        )
        return DeviceWindow(reading, code, bound_j)

    def _discard(self, window: WrapperWindow) -> None:
        self._open.discard(window)
        for opened in window.opened:
            if not isinstance(opened, WrapperFailure):
                self._wrapper.discard(opened)


def _tried(call: Callable[[Any], Any], about: Any) -> Any:
    """What the package gives, or its failure as a value."""
    try:
        return call(about)
    except WrapperFailure as failure:
        return failure
