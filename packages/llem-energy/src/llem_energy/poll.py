"""One look at one device, as a sampler makes it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BoardState:
    """What changes slowly and is asked for about once a second. None: not read."""

    temperature_c: float | None = None
    sm_clock_mhz: float | None = None
    memory_clock_mhz: float | None = None
    performance_state: int | None = None
    """0 is the fastest."""
    throttle_bits: int | None = None
    """Reasons that hold right now, as NVML's bits."""
    throttled_ns: tuple[int | None, ...] | None = None
    """Time under each reason of `throttling.CUMULATIVE_FIELDS` since the driver was loaded."""
    other_processes: int | None = None
    """Processes that compute on the device and are none of the measured work."""


@dataclass(frozen=True, slots=True)
class Poll:
    """The sensors of one device at one instant. None: not read."""

    at_ns: int
    """Middle of the call that read the energy and the power."""
    half_ns: int = 0
    """Half the time that this call took: the values belong to `at_ns` give or take this."""
    energy_j: float | None = None
    """A counter that only grows; its origin means nothing."""
    instant_w: float | None = None
    """Power of the moment, as far as the sensor knows it."""
    average_w: float | None = None
    """Mean power of the last second."""
    state: BoardState | None = None
    lost: str | None = None
    """Why this device will not answer again."""
