"""Which meter reads a run's devices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llem_schema import DeviceFacts, FrozenDict, RunSettings

from llem_contracts.discovery import (
    EntryPoints,
    Plugin,
    create,
    find,
    installed,
    installed_entry_points,
)
from llem_contracts.errors import LlemError
from llem_contracts.meter import METERS, Meter, MeterDescriptor
from llem_contracts.problem import NO_PERMISSION, Problem


@dataclass(frozen=True)
class MeterCandidate:
    """An installed meter, not yet created."""

    plugin: Plugin[MeterDescriptor]
    create: Callable[[], Meter]


@dataclass(frozen=True)
class MeterChoice:
    """The meter to use, or the problems of the one that was asked for by name."""

    name: str
    version: str
    descriptor: MeterDescriptor
    meter: Meter | None
    """None where `problems` stand in the way."""
    reason: str
    rejected: FrozenDict[str, str]
    problems: tuple[Problem, ...] = ()


def meter_candidates(
    name: str,
    settings: RunSettings,
    entry_points: EntryPoints = installed_entry_points,
) -> tuple[MeterCandidate, ...]:
    """Meters that may serve: the one of that name, or for `auto` all that allow it.

    Raises `ConfigError` for an unknown name and `PluginError` for a broken plugin asked for by
    name.
    """
    if name == "auto":
        listed = installed(METERS, entry_points)
        chosen = [p for p in listed if p.descriptor is not None and p.descriptor.automatic]
    else:
        chosen = [find(METERS, name, entry_points)]
    return tuple(_candidate(plugin, settings) for plugin in chosen)


def choose_meter(
    name: str, candidates: Sequence[MeterCandidate], devices: Sequence[DeviceFacts]
) -> MeterChoice | None:
    """The most accurate candidate that can read all the devices; None where there is none.

    A meter asked for by name is returned also when it cannot, with its problems.
    """
    rejected: dict[str, str] = {}
    kinds: set[str] = {device.kind for device in devices}
    ranked = sorted(candidates, key=lambda c: (_descriptor(c).rank, c.plugin.name))
    for candidate in ranked:
        descriptor = _descriptor(candidate)
        meter, problems = _try(candidate, descriptor, kinds, devices)
        blocking = tuple(problem for problem in problems if problem.blocking)
        if blocking and name == "auto":
            rejected[descriptor.name] = "; ".join(_told(problem) for problem in blocking)
            continue
        if name != "auto":
            reason = "asked for by name" if descriptor.senses else "no meter was asked for"
        elif descriptor.senses:
            reason = "the most accurate meter that can read the devices of this run"
        else:
            reason = "no sensor can be read: " + (
                "; ".join(f"{other}: {why}" for other, why in rejected.items())
                or "no meter is installed"
            )
        return MeterChoice(
            name=descriptor.name,
            version=candidate.plugin.version,
            descriptor=descriptor,
            meter=None if blocking else meter,
            reason=reason,
            rejected=FrozenDict(rejected),
            problems=problems,
        )
    return None


def _told(problem: Problem) -> str:
    """The message; with its cure where an administrator is all that is missing."""
    if problem.code != NO_PERMISSION:
        return problem.message
    return f"{problem.message} ({problem.cure.removesuffix('.')})"


def _candidate(plugin: Plugin[MeterDescriptor], settings: RunSettings) -> MeterCandidate:
    assert plugin.descriptor is not None
    descriptor = plugin.descriptor
    return MeterCandidate(plugin, lambda: create(descriptor, settings))


def _descriptor(candidate: MeterCandidate) -> MeterDescriptor:
    assert candidate.plugin.descriptor is not None
    return candidate.plugin.descriptor


def _try(
    candidate: MeterCandidate,
    descriptor: MeterDescriptor,
    kinds: set[str],
    devices: Sequence[DeviceFacts],
) -> tuple[Meter | None, tuple[Problem, ...]]:
    foreign = kinds - descriptor.device_kinds
    if foreign:
        metered = " and ".join(_PLURALS[kind] for kind in sorted(descriptor.device_kinds))
        used = " and ".join(_PLURALS[kind] for kind in sorted(foreign))
        return None, (
            Problem(
                code="meter_not_applicable",
                message=f"it meters {metered}, and this run uses {used}",
                cure="Choose `energy.meter: auto`.",
            ),
        )
    try:
        meter = candidate.create()
        return meter, tuple(meter.problems(devices))
    except LlemError as error:
        return None, (
            Problem(
                code="meter_unusable", message=str(error), cure=error.cure or "Use another meter."
            ),
        )


_PLURALS = {"accelerator": "accelerators", "host": "the host CPU"}
