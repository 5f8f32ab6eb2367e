"""What is there to be metered, and what stands in the way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llem_contracts import MeterCandidate, choose_meter, meter_candidates
from llem_schema import DeviceFacts, RunSettings

from llem_energy.sources import DeviceSource, FindSources, installed_sources

FindMeters = Callable[[str], Sequence[MeterCandidate]]


@dataclass(frozen=True)
class DeviceEntry:
    """One device, or a kind of device that cannot be seen."""

    source: str
    """Name of the device source that speaks."""
    facts: DeviceFacts | None
    """None where the source sees no device; `reason` then says why."""
    meter: str | None
    """The meter that `auto` would take for it; None where none can read it."""
    reason: str | None
    """Why it cannot be used; None where it can."""

    @property
    def usable(self) -> bool:
        """Whether its energy can be read here and now."""
        return self.meter is not None


def installed_meters(name: str) -> Sequence[MeterCandidate]:
    """Installed meters that may serve under that name (see `meter_candidates`)."""
    return meter_candidates(name, RunSettings())


def devices(
    find_sources: FindSources = installed_sources, find_meters: FindMeters = installed_meters
) -> tuple[DeviceEntry, ...]:
    """Facts of the devices that this process may use, usable or not and why.

    Never raises for a missing driver: its entry has no facts and a reason.
    """
    candidates = find_meters("auto")
    return tuple(entry for source in find_sources() for entry in _entries(source, candidates))


def _entries(source: DeviceSource, candidates: Sequence[MeterCandidate]) -> list[DeviceEntry]:
    if source.devices is None:
        return [DeviceEntry(source.name, None, None, source.problem)]
    entries = [_entry(source, facts, candidates) for facts in source.devices.visible()]
    if not entries:
        problems = [problem.message for problem in source.devices.problems()]
        reason = "; ".join(problems) or "there is no such device"
        entries.append(DeviceEntry(source.name, None, None, reason))
    return entries


def _entry(
    source: DeviceSource, facts: DeviceFacts, candidates: Sequence[MeterCandidate]
) -> DeviceEntry:
    choice = choose_meter("auto", candidates, [facts])
    if choice is not None and choice.descriptor.senses:
        return DeviceEntry(source.name, facts, choice.name, None)
    reason = choice.reason if choice is not None else "no meter is installed"
    return DeviceEntry(source.name, facts, None, reason)
