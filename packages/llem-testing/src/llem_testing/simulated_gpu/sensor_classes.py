"""Kinds of sensors that boards have, as published measurements describe them.

Sources: the NVML reference for what the calls mean; arXiv 2312.02741 for the periods and for the
25 ms that are seen of every 100 ms.
"""

from llem_testing.simulated_gpu.sensor_models import (
    EnergyCounter,
    PowerSensor,
    SampleBuffer,
    Sensors,
)

_ONE_SECOND_AVERAGE = PowerSensor(update_period_s=0.1, averaging_window_s=1.0)
_QUARTER_SEEN = PowerSensor(update_period_s=0.1, averaging_window_s=0.025)
_HUNDRED_MS = PowerSensor(update_period_s=0.1, averaging_window_s=0.1)

VOLTA = Sensors(
    energy=EnergyCounter(update_period_s=0.02),
    power_usage=PowerSensor(update_period_s=0.02, averaging_window_s=0.01),
    samples=SampleBuffer(update_period_s=0.02, averaging_window_s=0.01),
)
"""Counter and power every 20 ms, the power over 10 ms; no power fields."""

CONTINUOUS_COUNTER = Sensors(
    energy=EnergyCounter(update_period_s=0.1),
    power_usage=_ONE_SECOND_AVERAGE,
    power_average=_ONE_SECOND_AVERAGE,
    power_instant=_QUARTER_SEEN,
    samples=SampleBuffer(update_period_s=0.1, averaging_window_s=0.025),
)
"""A counter every 100 ms that misses nothing."""

SAMPLED_COUNTER = Sensors(
    energy=EnergyCounter(update_period_s=0.1, sampled_s=0.025),
    power_usage=_ONE_SECOND_AVERAGE,
    power_average=_ONE_SECOND_AVERAGE,
    power_instant=_QUARTER_SEEN,
    samples=SampleBuffer(update_period_s=0.1, averaging_window_s=0.025),
)
"""A counter every 100 ms that takes the last 25 ms for all of them."""

AVERAGE_ONLY = Sensors(power_usage=_ONE_SECOND_AVERAGE)
"""A one-second average and nothing else."""

CONSUMER = Sensors(
    energy=EnergyCounter(update_period_s=0.1),
    power_usage=_HUNDRED_MS,
    power_average=_ONE_SECOND_AVERAGE,
    power_instant=_HUNDRED_MS,
)
"""Counter and power every 100 ms, the power over all of them."""

INSTANT_ONLY = Sensors(
    power_usage=_ONE_SECOND_AVERAGE,
    power_average=_ONE_SECOND_AVERAGE,
    power_instant=_HUNDRED_MS,
)
"""No counter; the power of the last 100 ms."""

NOISY = Sensors(
    energy=EnergyCounter(update_period_s=0.1, gain=1.03, offset_w=1.5, noise_w=4.0),
    power_usage=PowerSensor(
        update_period_s=0.1, averaging_window_s=1.0, gain=1.03, offset_w=1.5, noise_w=1.0
    ),
    power_average=PowerSensor(
        update_period_s=0.1, averaging_window_s=1.0, gain=1.03, offset_w=1.5, noise_w=1.0
    ),
    power_instant=PowerSensor(
        update_period_s=0.1, averaging_window_s=0.025, gain=1.03, offset_w=1.5, noise_w=4.0
    ),
)
"""Like a continuous counter, with an error of the board and noise."""

SENSOR_CLASSES = {
    "volta": VOLTA,
    "continuous_counter": CONTINUOUS_COUNTER,
    "sampled_counter": SAMPLED_COUNTER,
    "average_only": AVERAGE_ONLY,
    "consumer": CONSUMER,
    "instant_only": INSTANT_ONLY,
    "noisy": NOISY,
}
"""All of them by name."""
