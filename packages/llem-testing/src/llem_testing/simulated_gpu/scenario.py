"""Everything that a simulated machine's driver will ever say, as a document."""

from collections import Counter
from typing import Literal

from llem_contracts import Clock
from llem_schema import FrozenList, Model
from pydantic import model_validator

from llem_testing.simulated_gpu.gpu import Gpu
from llem_testing.simulated_gpu.spans import Seconds
from llem_testing.simulated_gpu.whole_units import to_ns

ANY_DEVICE_FUNCTION = "*"

Refusal = Literal[
    "not_supported",
    "no_permission",
    "not_found",
    "driver_not_loaded",
    "timeout",
    "library_not_found",
    "function_not_found",
    "gpu_is_lost",
    "reset_required",
    "memory",
    "unknown",
]
"""`NVML_ERROR_...` in lower case."""


class Fault(Model):
    """Calls that are refused for a while."""

    error: Refusal
    function: str = ANY_DEVICE_FUNCTION
    """A function of the binding, or `*`: all that take a device, and those that find one."""
    field_id: int | None = None
    """Strikes this field's own return code in `nvmlDeviceGetFieldValues`, not a function."""
    device: str | None = None
    """UUID of a board or MIG device; a board's faults strike its MIG devices too. None: all."""
    start_s: Seconds = 0.0
    end_s: float | None = None
    """First instant without the fault; None: it stays."""

    @model_validator(mode="after")
    def _one_target(self) -> "Fault":
        if self.field_id is not None and self.function != ANY_DEVICE_FUNCTION:
            raise ValueError("give a function or a field_id, not both")
        return self

    def strikes(self, now_ns: int, devices: tuple[str, ...]) -> bool:
        """Whether it holds now for a call on devices with these UUIDs."""
        begun = to_ns(self.start_s) <= now_ns
        over = self.end_s is not None and to_ns(self.end_s) <= now_ns
        return begun and not over and (self.device is None or self.device in devices)


class Scenario(Model):
    """A machine with GPUs. Seconds count from `start_ns`; nothing can be asked before it."""

    gpus: FrozenList[Gpu]
    """In the driver's order."""
    faults: FrozenList[Fault] = ()
    """Where several strike, the first one speaks."""
    driver_reloads_s: FrozenList[Seconds] = ()
    """When energy counters and cumulative throttle times begin at 0 again."""
    seed: int = 0
    """Of all noise."""
    start_ns: int = 0
    """`time.monotonic_ns` of second 0. Choose it near the time of use: a counter sums every update
    since then when it is first read."""
    wall_start_ns: int = 0
    """Wall clock of second 0, from which the driver's own timestamps count on."""
    timestamps: Literal["call", "update"] = "call"
    """What a field value's timestamp is: the time of the call, or of the sensor's update."""
    driver_version: str = "570.124.06"
    nvml_version: str = "12.570.124.06"
    cuda_version: int = 12_080

    @model_validator(mode="after")
    def _consistent(self) -> "Scenario":
        uuids = [gpu.uuid for gpu in self.gpus]
        uuids += [mig.uuid for gpu in self.gpus for mig in gpu.mig_devices]
        _must_differ("UUID", uuids)
        _must_differ("PCI bus id", [gpu.pci_bus_id for gpu in self.gpus])
        for fault in self.faults:
            if fault.device is not None and fault.device not in uuids:
                raise ValueError(f"a fault names the unknown device {fault.device}")
        return self

    def starting(self, clock: Clock) -> "Scenario":
        """The same scenario with second 0 now."""
        return self.model_copy(
            update={"start_ns": clock.monotonic_ns(), "wall_start_ns": clock.wall_ns()}
        )


def _must_differ(what: str, values: list[str]) -> None:
    value, count = max(Counter(values).items(), key=lambda item: item[1], default=("", 0))
    if count > 1:
        raise ValueError(f"two devices have the {what} {value}")
