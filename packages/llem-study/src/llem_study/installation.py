"""What is installed and usable here: devices, meters, backends, the user config."""

import os
from collections.abc import Iterator, Mapping
from typing import TypeVar

from llem_contracts import (
    BACKENDS,
    DEVICES,
    METERS,
    PROMPTS,
    Descriptor,
    LlemError,
    Meter,
    MeterDescriptor,
    Plugin,
    Problem,
    create,
    installed,
)
from llem_schema import DeviceFacts, FrozenList, Model, RunSettings

from llem_study.user_config import load_user_config

D = TypeVar("D", bound=Descriptor)


class MeterStatus(Model):
    """A meter, and why it cannot be used here where it cannot."""

    name: str
    version: str
    summary: str
    usable: bool
    reason: str | None
    cure: str | None


class BackendStatus(Model):
    """A backend, and what it lacks."""

    name: str
    version: str
    summary: str
    usable: bool
    reason: str | None
    cure: str | None


class PromptSourceStatus(Model):
    """A source of prompts, and what it lacks."""

    name: str
    version: str
    summary: str
    datasets: FrozenList[str]
    """Names of datasets, and file endings, that it answers to."""
    usable: bool
    reason: str | None
    cure: str | None


class Installation(Model):
    """What `llem config` shows."""

    devices: FrozenList[DeviceFacts]
    device_problems: FrozenList[str]
    meters: FrozenList[MeterStatus]
    backends: FrozenList[BackendStatus]
    prompt_sources: FrozenList[PromptSourceStatus]
    user_config: str | None
    """Path of the user config in use; None without one."""


def installation(environ: Mapping[str, str] = os.environ) -> Installation:
    """Look at this machine. Raises `ConfigError` for a broken user config."""
    settings = RunSettings()
    devices: list[DeviceFacts] = []
    device_problems: list[str] = []
    for plugin in installed(DEVICES):
        if plugin.descriptor is None:
            device_problems.append(f"{plugin.name}: {plugin.problem}")
            continue
        source = create(plugin.descriptor, settings)
        devices += source.visible()
        device_problems += [problem.message for problem in source.problems()]
    path = load_user_config(environ).path
    return Installation(
        devices=tuple(devices),
        device_problems=tuple(device_problems),
        meters=tuple(_meters(devices, settings)),
        backends=backend_statuses(),
        prompt_sources=tuple(_prompt_sources()),
        user_config=str(path) if path else None,
    )


def _meters(devices: list[DeviceFacts], settings: RunSettings) -> list[MeterStatus]:
    statuses = []
    for plugin in installed(METERS):
        descriptor = plugin.descriptor
        reason, cure = plugin.problem, None
        if descriptor is not None and descriptor.senses:
            measurable = [d for d in devices if d.kind in descriptor.device_kinds]
            problem = _meter_problem(descriptor, measurable, settings)
            if problem is not None:
                reason, cure = problem.message, problem.cure
        statuses.append(
            MeterStatus(
                name=plugin.name,
                version=plugin.version,
                summary=descriptor.summary if descriptor else "",
                usable=reason is None,
                reason=reason,
                cure=cure,
            )
        )
    return statuses


def _meter_problem(
    descriptor: MeterDescriptor, measurable: list[DeviceFacts], settings: RunSettings
) -> Problem | None:
    try:
        meter: Meter = create(descriptor, settings)
        problems = meter.problems(measurable)
    except LlemError as error:
        return Problem(code="meter_unusable", message=str(error), cure=error.cure or "")
    blocking = [problem for problem in problems if problem.blocking]
    if blocking:
        return blocking[0]
    if not measurable:
        return Problem(
            code="no_device", message="no device that it could meter is visible", cure=""
        )
    return None


def backend_statuses() -> tuple[BackendStatus, ...]:
    """Every backend that is installed. None of them is imported."""
    statuses = []
    for plugin in installed(BACKENDS):
        reason, cure = _lacking(plugin)
        statuses.append(
            BackendStatus(
                name=plugin.name,
                version=plugin.version,
                summary=plugin.descriptor.summary if plugin.descriptor else "",
                usable=reason is None,
                reason=reason,
                cure=cure,
            )
        )
    return tuple(statuses)


def _prompt_sources() -> Iterator[PromptSourceStatus]:
    for plugin in installed(PROMPTS):
        descriptor = plugin.descriptor
        reason, cure = _lacking(plugin)
        yield PromptSourceStatus(
            name=plugin.name,
            version=plugin.version,
            summary=descriptor.summary if descriptor else "",
            datasets=(*sorted(descriptor.names), *sorted(descriptor.suffixes))
            if descriptor
            else (),
            usable=reason is None,
            reason=reason,
            cure=cure,
        )


def _lacking(plugin: Plugin[D]) -> tuple[str | None, str | None]:
    """Why a plugin cannot be used, and the command that changes it. Imports none of its modules."""
    if plugin.descriptor is None or not plugin.missing:
        return plugin.problem, None
    return f"not installed: {', '.join(plugin.missing)}", plugin.descriptor.install_hint or None
