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
