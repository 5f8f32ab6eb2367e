"""The boundaries that a run goes through, and how they are found."""

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from llem_contracts import (
    BACKENDS,
    DEVICES,
    FLOPS,
    PROMPTS,
    STORES,
    BackendDescriptor,
    Clock,
    Devices,
    Event,
    EventListener,
    FlopsCounter,
    InferenceBackend,
    LlemError,
    MeterCandidate,
    Plugin,
    PluginError,
    PreFlightError,
    Problem,
    PromptSource,
    Store,
    SystemClock,
    create,
    find,
    installed,
    meter_candidates,
)
from llem_schema import DatasetConfig, RunSettings, WorkOrder

from llem_harness.device_registry import DeviceRegistry
from llem_harness.environment import Sources
from llem_harness.log import logger
from llem_harness.unknown_dataset import UnknownDataset, unknown_dataset

FALLBACK_DIR = Path(tempfile.gettempdir()) / "llem-unsaved"


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What one run uses of the world."""

    backend: InferenceBackend
    backend_descriptor: BackendDescriptor
    backend_version: str
    devices: Devices
    meters: tuple[MeterCandidate, ...]
    """Those that may read the devices of the run."""
    prompts: PromptSource
    flops: FlopsCounter
    store: Store
    clock: Clock
    listener: EventListener
    host_meters: tuple[MeterCandidate, ...] = ()
    """Those that may read the host beside the accelerators."""
    fallback_dir: Path = FALLBACK_DIR
    """Where a result goes that cannot be written to its own place."""
    sources: Sources = field(default_factory=Sources)
    """Where the snapshot of the environment looks."""


@dataclass(frozen=True, kw_only=True)
class MachinePorts:
    """What can be asked about this machine without an order."""

    devices: Devices
    meters: tuple[MeterCandidate, ...]
    store: Store


def silence(event: Event, /) -> None:
    """Take an event and do nothing."""


def ports_for(order: WorkOrder, listener: EventListener = silence) -> Ports:
    """Find everything that an order needs among the installed plugins.

    Raises `PreFlightError` with every plugin that is missing or broken, and with what those that
    are there say of the prompts and the results folder.
    """
    settings = order.settings
    config = order.config
    problems: list[Problem] = []

    def attempt(make: Callable[[], Any]) -> Any:
        return _attempt(problems, make)

    backend_plugin: Plugin[BackendDescriptor] | None = attempt(
        lambda: find(BACKENDS, config.backend)
    )
    descriptor = backend_plugin.descriptor if backend_plugin else None
    found: dict[str, Any] = {
        "backend": attempt(lambda: create(descriptor, settings)) if descriptor else None,
        "devices": attempt(lambda: _device_registry(settings)),
        "meters": attempt(lambda: meter_candidates(config.energy.meter, settings)),
        "host_meters": attempt(lambda: meter_candidates("auto", settings)),
        "prompts": attempt(lambda: prompt_source(config.dataset_config, order)),
        "flops": attempt(lambda: create(_only(FLOPS), settings)),
        "store": attempt(lambda: create(_only(STORES), settings)),
    }
    if problems:
        problems += _of_the_others(order, found["prompts"], found["store"])
        raise PreFlightError(problems)
    assert backend_plugin is not None
    assert descriptor is not None
    logger(__name__).debug(
        "ports found",
        backend=f"{backend_plugin.distribution} {backend_plugin.version}",
        meters=[candidate.plugin.name for candidate in found["meters"]],
        **{part: type(found[part]).__name__ for part in ("prompts", "flops", "store")},
    )
    return Ports(
        **found,
        backend_descriptor=descriptor,
        backend_version=backend_plugin.version,
        clock=SystemClock(),
        listener=listener,
    )


def machine_ports(settings: RunSettings, meter: str) -> MachinePorts:
    """Find what is asked about this machine. `meter`: a meter's name, or `auto`.

    Raises `PreFlightError` with every plugin that is missing or broken.
    """
    problems: list[Problem] = []
    found: dict[str, Any] = {
        "devices": _attempt(problems, lambda: _device_registry(settings)),
        "meters": _attempt(problems, lambda: meter_candidates(meter, settings)),
        "store": _attempt(problems, lambda: create(_only(STORES), settings)),
    }
    if problems:
        raise PreFlightError(problems)
    return MachinePorts(**found)


def prompt_source(dataset: DatasetConfig, order: WorkOrder) -> PromptSource:
    """The source that answers to a dataset: by name, else by file ending, else by the form of names
    that cannot be listed.

    For a dataset that nobody answers to, a source that tells this as its problem.
    """
    name = dataset.source
    suffix = PurePath(name).suffix.lower()
    known = [p.descriptor for p in installed(PROMPTS) if p.descriptor is not None]
    answering = [
        *(d for d in known if name in d.names),
        *(d for d in known if suffix in d.suffixes),
        *(d for d in known if d.pattern is not None and re.fullmatch(d.pattern, name)),
    ]
    if answering:
        source: PromptSource = create(answering[0], order.settings)
        return source
    return UnknownDataset(unknown_dataset(name, known))


def _attempt(problems: list[Problem], make: Callable[[], Any]) -> Any:
    """What `make` gives; where it fails, None and a problem more."""
    try:
        return make()
    except LlemError as error:
        problems.append(
            Problem(
                code="plugin_unusable",
                message=str(error),
                cure=error.cure or "`llem config` lists what is installed.",
            )
        )
        return None


def _of_the_others(
    order: WorkOrder, prompts: PromptSource | None, store: Store | None
) -> list[Problem]:
    """What is wrong beside the plugins, as far as it can be seen without them."""
    found: list[Problem] = []
    if prompts is not None:
        found += prompts.problems(order.config.dataset_config, order.config.n)
    if store is not None and order.settings.results_dir is not None:
        found += store.problems(Path(order.settings.results_dir))
    return found


def _device_registry(settings: RunSettings) -> DeviceRegistry:
    return DeviceRegistry(
        {
            kind: source
            for descriptor in (plugin.descriptor for plugin in installed(DEVICES))
            if descriptor is not None
            for source in [create(descriptor, settings)]
            for kind in descriptor.logical_kinds
        }
    )


def _only(boundary: Any) -> Any:
    """The descriptor of a boundary that one installed plugin serves, ours before a stranger's."""
    usable = [plugin for plugin in installed(boundary) if plugin.descriptor is not None]
    usable.sort(key=lambda plugin: not plugin.distribution.startswith("llem-"))
    if not usable:
        raise PluginError(
            f"no {boundary.noun} is installed", cure="Reinstall llem with its dependencies."
        )
    return usable[0].descriptor
