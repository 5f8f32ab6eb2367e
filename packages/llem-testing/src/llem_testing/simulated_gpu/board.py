"""A board at work: what its sensors and counters show at an instant.

All times are nanoseconds since the scenario's start.
"""

from llem_testing.simulated_gpu.gpu import Gpu
from llem_testing.simulated_gpu.readings import CounterReader, PowerReader, SensorId
from llem_testing.simulated_gpu.scenario import Scenario
from llem_testing.simulated_gpu.sensor_models import PowerSensor
from llem_testing.simulated_gpu.throttling import REASON_BITS, Reason
from llem_testing.simulated_gpu.whole_units import to_ns


class Board:
    """One `Gpu` of a scenario. A reader that is None: the board has no such sensor."""

    def __init__(self, scenario: Scenario, index: int) -> None:
        self.gpu: Gpu = scenario.gpus[index]
        self.index = index
        """Position in the driver's order."""
        self._seed = scenario.seed
        self._curve = self.gpu.power.curve()
        self._reloads_ns = sorted(to_ns(at_s) for at_s in scenario.driver_reloads_s)
        sensors = self.gpu.sensors
        self.power_usage = self._power_reader("power_usage", sensors.power_usage)
        self.power_average = self._power_reader("power_average", sensors.power_average)
        self.power_instant = self._power_reader("power_instant", sensors.power_instant)
        self.samples = self._power_reader("samples", sensors.samples)
        self.energy = (
            CounterReader(sensors.energy, self._curve, self._identity("energy"))
            if sensors.energy is not None
            else None
        )

    def loaded_ns(self, now_ns: int) -> int | None:
        """When the driver was last loaded anew; None: not since the scenario's start."""
        return max((at_ns for at_ns in self._reloads_ns if at_ns <= now_ns), default=None)

    def throttle_bits(self, now_ns: int) -> int:
        """All reasons that hold now, as NVML's bits."""
        return sum(
            REASON_BITS[throttle.reason]
            for throttle in self.gpu.throttling
            if throttle.holds(now_ns)
        )

    def throttled_ns(self, reason: Reason, now_ns: int) -> int:
        """Time under a reason since the driver was loaded."""
        since_ns = self.loaded_ns(now_ns) or 0
        return sum(
            throttle.held_ns(since_ns, now_ns)
            for throttle in self.gpu.throttling
            if throttle.reason == reason
        )

    def _power_reader(self, name: str, sensor: PowerSensor | None) -> PowerReader | None:
        if sensor is None:
            return None
        return PowerReader(sensor, self._curve, self._identity(name))

    def _identity(self, sensor: str) -> SensorId:
        return SensorId(self._seed, self.gpu.uuid, sensor)
