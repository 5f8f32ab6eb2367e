"""What a sensor shows at an instant. The package's text has the formulas.

All times are nanoseconds since the scenario's start.
"""

from dataclasses import dataclass

from llem_testing.simulated_gpu.curves import Curve, mean_power_mw
from llem_testing.simulated_gpu.noise import standardised, uniform
from llem_testing.simulated_gpu.sensor_models import EnergyCounter, PowerSensor, Sensor
from llem_testing.simulated_gpu.whole_units import to_ns

_PJ_PER_MJ = 10**9


@dataclass(frozen=True)
class SensorId:
    """What the noise of a sensor is a hash of, beside the tick."""

    seed: int
    device: str
    sensor: str

    def uniform(self, stream: str, tick: int) -> float:
        return uniform(self.seed, self.device, f"{self.sensor}{stream}", tick)


class Ticks:
    """When a sensor updates."""

    def __init__(self, sensor: Sensor, identity: SensorId) -> None:
        self._period_ns = to_ns(sensor.update_period_s)
        self._phase_ns = to_ns(sensor.phase_s)
        self._jitter_ns = to_ns(sensor.jitter_s)
        self._identity = identity

    def at_ns(self, tick: int) -> int:
        """When the update with this number comes."""
        regular_ns = self._phase_ns + tick * self._period_ns
        if not self._jitter_ns:
            return regular_ns
        return regular_ns + round(self._jitter_ns * (self._identity.uniform("/jitter", tick) - 0.5))

    def latest(self, now_ns: int) -> int:
        """Number of the latest update that has come."""
        tick = (now_ns - self._phase_ns) // self._period_ns
        if self._jitter_ns:
            if self.at_ns(tick + 1) <= now_ns:
                return tick + 1
            if self.at_ns(tick) > now_ns:
                return tick - 1
        return tick


class Correction:
    """From the true power to what the sensor makes of it."""

    def __init__(self, sensor: Sensor, identity: SensorId) -> None:
        self._gain = sensor.gain
        self._offset_mw = sensor.offset_w * 1e3
        self._noise_mw = sensor.noise_w * 1e3
        self._shape = sensor.noise_shape
        self._identity = identity

    def __call__(self, true_mw: float, tick: int) -> float:
        seen_mw = self._gain * true_mw + self._offset_mw
        if not self._noise_mw:
            return seen_mw
        z = standardised(self._shape, self._identity.uniform("", tick))
        return seen_mw + self._noise_mw * z


class PowerReader:
    """A power sensor on a curve."""

    def __init__(self, sensor: PowerSensor, curve: Curve, identity: SensorId) -> None:
        self.ticks = Ticks(sensor, identity)
        self._correction = Correction(sensor, identity)
        self._window_ns = to_ns(sensor.averaging_window_s)
        self._delay_ns = to_ns(sensor.delay_s)
        self._curve = curve
        self._shown: tuple[int, int] | None = None

    def power_mw(self, now_ns: int) -> int:
        """What the sensor shows now. The last answer is kept: polls outnumber updates."""
        tick = self.ticks.latest(now_ns)
        shown = self._shown
        if shown is None or shown[0] != tick:
            shown = self._shown = (tick, self.update_mw(tick))
        return shown[1]

    def update_mw(self, tick: int) -> int:
        """What the sensor shows from this update to the next."""
        end_ns = self.ticks.at_ns(tick) - self._delay_ns
        true_mw = mean_power_mw(self._curve, end_ns - self._window_ns, end_ns)
        return max(0, round(self._correction(true_mw, tick)))


class CounterReader:
    """An energy counter on a curve. Sums are kept, so that asking again is cheap.

    Kept sums depend on nothing but the scenario, and each is written with the one value it can
    have: several threads may read at once.
    """

    def __init__(self, counter: EnergyCounter, curve: Curve, identity: SensorId) -> None:
        self.ticks = Ticks(counter, identity)
        self._correction = Correction(counter, identity)
        self._sampled_ns = None if counter.sampled_s is None else to_ns(counter.sampled_s)
        self._delay_ns = to_ns(counter.delay_s)
        self._curve = curve
        self._sums_pj = {-1: counter.energy_at_start_mj * _PJ_PER_MJ}
        self._summed = -1

    def energy_mj(self, now_ns: int, loaded_ns: int | None = None) -> int:
        """What the counter shows now. `loaded_ns`: when the driver was loaded anew, if ever."""
        energy_pj = self._sum_pj(self.ticks.latest(now_ns))
        if loaded_ns is not None:
            energy_pj -= self._sum_pj(self.ticks.latest(loaded_ns))
        return energy_pj // _PJ_PER_MJ

    def _sum_pj(self, tick: int) -> int:
        tick = max(tick, -1)
        summed = self._summed
        if tick > summed:
            energy_pj = self._sums_pj[summed]
            for number in range(summed + 1, tick + 1):
                energy_pj += self._increment_pj(number)
                self._sums_pj[number] = energy_pj
            self._summed = tick
        return self._sums_pj[tick]

    def _increment_pj(self, tick: int) -> int:
        start_ns = self.ticks.at_ns(tick - 1) - self._delay_ns
        end_ns = self.ticks.at_ns(tick) - self._delay_ns
        seen_from_ns = start_ns if self._sampled_ns is None else end_ns - self._sampled_ns
        true_mw = mean_power_mw(self._curve, seen_from_ns, end_ns)
        return max(0, round((end_ns - start_ns) * self._correction(true_mw, tick)))
