"""What the sensors of a board are like. The package's text defines every parameter."""

from typing import Annotated

from llem_schema import Model
from pydantic import Field, PositiveFloat, model_validator

from llem_testing.simulated_gpu.noise import NoiseShape
from llem_testing.simulated_gpu.whole_units import to_ns

NotNegative = Annotated[float, Field(ge=0)]


class Sensor(Model):
    """What power sensors and energy counters have in common."""

    update_period_s: PositiveFloat
    phase_s: NotNegative = 0.0
    """When the first update after the scenario's start comes; less than a period."""
    jitter_s: NotNegative = 0.0
    """Updates come up to half of this early or late; less than a period."""
    delay_s: NotNegative = 0.0
    """Age of what an update tells."""
    gain: NotNegative = 1.0
    offset_w: float = 0.0
    noise_w: NotNegative = 0.0
    """Standard deviation of an update's noise."""
    noise_shape: NoiseShape = "gaussian"

    @model_validator(mode="after")
    def _ticks_in_order(self) -> "Sensor":
        if max(to_ns(self.phase_s), to_ns(self.jitter_s)) >= to_ns(self.update_period_s):
            raise ValueError("phase_s and jitter_s must be less than update_period_s")
        return self


class PowerSensor(Sensor):
    """A power in milliwatts."""

    averaging_window_s: NotNegative = 0.0
    """The mean of this long is told; 0: the power at an instant."""


class EnergyCounter(Sensor):
    """An energy in millijoules that grows at every update."""

    sampled_s: NotNegative | None = None
    """The counter takes the mean of this long for the whole time between updates; None: it sums
    all power."""
    energy_at_start_mj: Annotated[int, Field(ge=0)] = 0
    """The counter at the scenario's start."""


class SampleBuffer(PowerSensor):
    """The latest updates of a power sensor, kept by the driver."""

    capacity: Annotated[int, Field(gt=0)] = 120


class Sensors(Model):
    """All energy sensors of a board. None: the board refuses it as not supported."""

    energy: EnergyCounter | None = None
    """`nvmlDeviceGetTotalEnergyConsumption` and field 83."""
    power_usage: PowerSensor | None = None
    """`nvmlDeviceGetPowerUsage`."""
    power_average: PowerSensor | None = None
    """Field 185."""
    power_instant: PowerSensor | None = None
    """Field 186."""
    samples: SampleBuffer | None = None
    """`nvmlDeviceGetSamples` for total power."""
