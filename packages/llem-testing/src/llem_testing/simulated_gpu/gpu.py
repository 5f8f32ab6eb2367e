"""A board as a scenario describes it."""

from typing import Annotated, Literal

from llem_schema import FrozenList, Model
from pydantic import Field, model_validator

from llem_testing.simulated_gpu.profiles import PowerProfile, Watts
from llem_testing.simulated_gpu.sensor_models import Sensors
from llem_testing.simulated_gpu.spans import Pair, Seconds
from llem_testing.simulated_gpu.throttling import Throttle
from llem_testing.simulated_gpu.timeline import Timeline, always

Count = Annotated[int, Field(ge=0)]


class GpuProcess(Model):
    """A process on the board, from `start_s` until just before `end_s`."""

    pid: Annotated[int, Field(gt=0)]
    memory_mib: Count | None
    """None: the driver does not tell."""
    kind: Literal["compute", "graphics"] = "compute"
    start_s: Seconds = 0.0
    end_s: float | None = None
    """None: it stays."""
    mig_uuid: str | None = None
    """The MIG device it runs on."""


class MigDevice(Model):
    """A slice of a board. It has an identity and memory; its sensors are those of the board."""

    uuid: str
    name: str
    gpu_instance_id: Count
    compute_instance_id: Count
    memory_total_mib: Count
    memory_used_mib: Timeline = always(0)


class PowerLimits(Model):
    """Watts. The enforced limit is `current_w`."""

    current_w: Watts = 700.0
    default_w: Watts = 700.0
    min_w: Watts = 200.0
    max_w: Watts = 700.0


class Clocks(Model):
    """MHz; the graphics clock is that of the multiprocessors."""

    sm_mhz: Timeline = always(1980)
    memory_mhz: Timeline = always(2619)
    video_mhz: Timeline = always(1545)
    sm_max_mhz: Count = 1980
    memory_max_mhz: Count = 2619
    video_max_mhz: Count = 1545


class Gpu(Model):
    """One board. What it has no sensor or mode for, the driver refuses as not supported."""

    uuid: Annotated[str, Field(pattern=r"^GPU-")]
    name: str = "Simulated GPU"
    pci_bus_id: Annotated[str, Field(pattern=r"^[0-9A-F]{8}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-7]$")] = (
        "00000000:01:00.0"
    )
    pci_device_id: Count = 0x233010DE
    pci_subsystem_id: Count = 0x16C110DE
    architecture: Count = 9
    """`NVML_DEVICE_ARCH_...`."""
    compute_capability: Pair[Count, Count] = (9, 0)
    power: PowerProfile
    """The truth."""
    sensors: Sensors
    temperature_c: Timeline = always(40)
    clocks: Clocks = Clocks()
    performance_state: Timeline = always(0)
    throttling: FrozenList[Throttle] = ()
    limits: PowerLimits = PowerLimits()
    gpu_utilization_percent: Timeline = always(0)
    memory_utilization_percent: Timeline = always(0)
    persistence_mode: bool = True
    ecc_mode: bool | None = True
    """None: the board has no ECC."""
    mig_mode: bool | None = None
    """None: the board cannot be partitioned."""
    mig_devices: FrozenList[MigDevice] = ()
    memory_total_mib: Count = 81_920
    memory_used_mib: Timeline = always(0)
    processes: FrozenList[GpuProcess] = ()

    @model_validator(mode="after")
    def _consistent(self) -> "Gpu":
        if self.mig_devices and not self.mig_mode:
            raise ValueError("mig_devices need mig_mode")
        slices = {mig.uuid for mig in self.mig_devices}
        strangers = {p.mig_uuid for p in self.processes if p.mig_uuid} - slices
        if strangers:
            raise ValueError(f"a process names the unknown MIG device {sorted(strangers)[0]}")
        reasons = [throttle.reason for throttle in self.throttling]
        if len(set(reasons)) < len(reasons):
            raise ValueError("each throttle reason may be given once; it may have many spans")
        return self
