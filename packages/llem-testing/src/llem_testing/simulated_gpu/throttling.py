"""When a board holds its clocks back, and how the driver tells it."""

from typing import Literal

from llem_schema import FrozenList, Model
from pydantic import model_validator

from llem_testing.simulated_gpu.spans import Span, must_be_in_order
from llem_testing.simulated_gpu.whole_units import to_ns

Reason = Literal[
    "gpu_idle",
    "applications_clocks_setting",
    "sw_power_cap",
    "hw_slowdown",
    "sync_boost",
    "sw_thermal_slowdown",
    "hw_thermal_slowdown",
    "hw_power_brake_slowdown",
    "display_clock_setting",
]

REASON_BITS: dict[Reason, int] = {
    "gpu_idle": 0x1,
    "applications_clocks_setting": 0x2,
    "sw_power_cap": 0x4,
    "hw_slowdown": 0x8,
    "sync_boost": 0x10,
    "sw_thermal_slowdown": 0x20,
    "hw_thermal_slowdown": 0x40,
    "hw_power_brake_slowdown": 0x80,
    "display_clock_setting": 0x100,
}
"""`nvmlClocksEventReason...` of the NVML reference."""

CUMULATIVE_FIELDS: dict[int, Reason] = {
    74: "sw_power_cap",
    76: "sync_boost",
    269: "sw_thermal_slowdown",
    270: "hw_thermal_slowdown",
    271: "hw_power_brake_slowdown",
}
"""`NVML_FI_DEV_CLOCKS_EVENT_REASON_...`: nanoseconds under a reason since the driver's load."""


class Throttle(Model):
    """A reason and the spans (start, end) in which it holds, in seconds since the start."""

    reason: Reason
    spans_s: FrozenList[Span]

    @model_validator(mode="after")
    def _in_order(self) -> "Throttle":
        must_be_in_order(self.spans_s)
        return self

    def holds(self, now_ns: int) -> bool:
        """Whether the clocks are held back at that instant; a span's end is outside."""
        return any(to_ns(start) <= now_ns < to_ns(end) for start, end in self.spans_s)

    def held_ns(self, start_ns: int, end_ns: int) -> int:
        """Time under this reason between two instants."""
        return sum(
            max(0, min(end_ns, to_ns(end)) - max(start_ns, to_ns(start)))
            for start, end in self.spans_s
        )
