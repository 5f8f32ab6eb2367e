"""The installed device sources, for callers that have no harness around them."""

from collections.abc import Callable
from dataclasses import dataclass

from llem_contracts import (
    DEVICES,
    Devices,
    DevicesDescriptor,
    LlemError,
    Plugin,
    create,
    installed,
)
from llem_schema import RunSettings


@dataclass(frozen=True)
class DeviceSource:
    """A device source, or why it cannot be used."""

    name: str
    logical_kinds: frozenset[str]
    devices: Devices | None
    problem: str | None = None


FindSources = Callable[[], tuple[DeviceSource, ...]]


def installed_sources() -> tuple[DeviceSource, ...]:
    """All installed device sources; a broken one is there with its problem."""
    return tuple(_source(plugin) for plugin in installed(DEVICES))


def _source(plugin: Plugin[DevicesDescriptor]) -> DeviceSource:
    descriptor = plugin.descriptor
    if descriptor is None:
        return DeviceSource(plugin.name, frozenset(), None, plugin.problem)
    try:
        devices: Devices = create(descriptor, RunSettings())
    except LlemError as error:
        return DeviceSource(plugin.name, descriptor.logical_kinds, None, str(error))
    return DeviceSource(plugin.name, descriptor.logical_kinds, devices)
