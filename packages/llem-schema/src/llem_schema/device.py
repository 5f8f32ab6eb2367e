"""Facts of the devices that a run uses or meters."""

from typing import Literal

from llem_schema.frozen import FrozenDict
from llem_schema.model import Model

HOST_ID = "host"
"""The fixed identity of the host CPU, beside the accelerators' UUIDs."""


class AcceleratorFacts(Model):
    """One GPU as its driver describes it. A field that the driver refused is None."""

    kind: Literal["accelerator"] = "accelerator"
    uuid: str
    name: str
    index: int
    """Position in the driver's own order, which need not be CUDA's."""
    pci_bus_id: str
    driver_version: str
    memory_total_mib: float | None
    power_limit_w: float | None
    """In force."""
    power_limit_default_w: float | None
    power_limit_min_w: float | None
    """The lowest that an administrator may set."""
    power_limit_max_w: float | None
    sm_clock_max_mhz: float | None
    memory_clock_max_mhz: float | None
    ecc_enabled: bool | None
    persistence_mode: bool | None
    mig_enabled: bool | None
    compute_capability: str | None = None
    """Version of its instructions, such as `9.0`."""
    unavailable: FrozenDict[str, str] = FrozenDict()
    """Why, for each field that is None."""


class HostFacts(Model):
    """The host CPU and its memory."""

    kind: Literal["host"] = "host"
    uuid: Literal["host"] = "host"
    name: str | None
    """CPU model."""
    logical_cores: int
    usable_cores: int
    """Cores that this process may run on."""
    memory_total_mib: float | None
    governor: str | None = None
    """Who sets the clocks, such as `performance`; several, by cores, with commas between."""
    usable_cpus: str | None = None
    """Which cores `usable_cores` are, as the kernel lists them, such as `0-3,8`."""
    cpu_limit_cores: float | None = None
    """CPU time that this process may spend, as a number of busy cores: `usable_cores`, or less
    where a control group allows less."""
    memory_limit_mib: float | None = None
    """Memory that this process may have: all, or less where a control group allows less."""
    unavailable: FrozenDict[str, str] = FrozenDict()


DeviceFacts = AcceleratorFacts | HostFacts
