"""One row of a sample series."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """What a device's sensors said at one instant. None: not read."""

    monotonic_ns: int
    device: str
    """UUID, or `host`."""
    power_w: float | None = None
    energy_j: float | None = None
    """A counter that only grows; its origin means nothing."""
    temperature_c: float | None = None
    sm_clock_mhz: float | None = None
    memory_clock_mhz: float | None = None
    performance_state: int | None = None
    """0 is the fastest."""
    throttle: tuple[str, ...] | None = None
    """Reasons that hold the clocks back at this instant, such as `sw_power_cap`; empty for none."""
