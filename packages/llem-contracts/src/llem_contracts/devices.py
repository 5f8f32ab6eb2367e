"""The boundary `devices`: which devices there are, and what they are called."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from llem_schema import DeviceFacts

from llem_contracts.descriptor import Boundary, Descriptor
from llem_contracts.problem import Problem


@dataclass(frozen=True, slots=True)
class DeviceProcess:
    """A process that holds memory of a device."""

    pid: int
    memory_mib: float | None


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A device right now. None: the device does not tell."""

    free_memory_mib: float | None
    used_memory_mib: float | None
    processes: tuple[DeviceProcess, ...]
    """All processes that the driver shows, this one included."""
    temperature_c: float | None
    power_w: float | None
    sm_clock_mhz: float | None = None
    memory_clock_mhz: float | None = None
    performance_state: int | None = None
    """0 is the fastest."""
    throttle: tuple[str, ...] | None = None
    """Reasons that hold the clocks back, such as `sw_power_cap`; empty for none."""


class Devices(Protocol):
    """Identity, facts and live state of the devices of one kind.

    The one place where the engine's order, visibility variables, partitions and control groups
    are understood: everybody else speaks of UUIDs.
    """

    def problems(self) -> tuple[Problem, ...]:
        """Why devices of this kind cannot be seen, where they cannot."""
        ...

    def visible(self) -> tuple[DeviceFacts, ...]:
        """Facts of the devices that this process may use, in the engine's order.

        Empty where there are none. Never raises for a missing driver: that is a problem to tell.
        """
        ...

    def resolve(self, logical: Sequence[str]) -> tuple[str, ...]:
        """UUIDs of logical devices such as `cuda:0` or `cpu`, in the same order.

        Raises `ConfigError` for one that does not exist or cannot be told apart.
        """
        ...

    def facts(self, uuid: str) -> DeviceFacts:
        """Facts of one device, or of the board that holds a slice with this UUID.

        Raises `ConfigError` for an unknown one.
        """
        ...

    def state(self, uuid: str) -> DeviceState:
        """The device right now. Raises `ConfigError` for an unknown UUID."""
        ...


@dataclass(frozen=True, kw_only=True)
class DevicesDescriptor(Descriptor):
    """Says which logical devices an implementation of `Devices` knows."""

    logical_kinds: frozenset[str]
    """The part of a logical name before the colon: `cuda`, `cpu`."""


DEVICES = Boundary("llem.devices", "device source", DevicesDescriptor)
