"""Why a board held its clocks back, and for how long (CM-34).

Bits and fields are those of the NVML reference: `nvmlClocksEventReason...` and
`NVML_FI_DEV_CLOCKS_EVENT_REASON_...`, whose values are nanoseconds since the driver was loaded.
"""

CUMULATIVE_FIELDS: dict[str, int] = {
    "sw_power_cap": 74,
    "sw_thermal_slowdown": 269,
    "hw_thermal_slowdown": 270,
    "hw_power_brake_slowdown": 271,
}
"""Field that counts the time under a reason."""

REASON_BITS: dict[str, int] = {
    "sw_power_cap": 0x4,
    "hw_slowdown": 0x8,
    "sw_thermal_slowdown": 0x20,
    "hw_thermal_slowdown": 0x40,
    "hw_power_brake_slowdown": 0x80,
}
"""Bit of each reason that slows a loaded board down; idleness and settings are none of them."""


def reasons_of(bits: int) -> tuple[str, ...]:
    """Names of the throttle reasons among NVML's bits."""
    return tuple(reason for reason, bit in REASON_BITS.items() if bits & bit)
