"""The boundaries that a run goes through, and how they are found."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
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
from llem_schema import DatasetConfig, WorkOrder

from llem_harness.device_registry import DeviceRegistry
from llem_harness.log import logger
from llem_harness.unknown_dataset import UnknownDataset

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


def silence(event: Event, /) -> None:
    """Take an event and do nothing."""


def ports_for(order: WorkOrder, listener: EventListener = silence) -> Ports:
    """Find everything that an order needs among the installed plugins.

    Raises `PreFlightError` with every plugin that is missing or broken.
    """
    settings = order.settings
    config = order.config
    problems: list[Problem] = []

    def attempt(make: Callable[[], Any]) -> Any:
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

    backend_plugin: Plugin[BackendDescriptor] | None = attempt(
        lambda: find(BACKENDS, config.backend)
    )
    descriptor = backend_plugin.descriptor if backend_plugin else None
    found: dict[str, Any] = {
        "backend": attempt(lambda: create(descriptor, settings)) if descriptor else None,
        "devices": attempt(lambda: _device_registry(order)),
        "meters": attempt(lambda: meter_candidates(config.energy.meter, settings)),
        "host_meters": attempt(lambda: meter_candidates("auto", settings)),
        "prompts": attempt(lambda: prompt_source(config.dataset_config, order)),
        "flops": attempt(lambda: create(_only(FLOPS), settings)),
        "store": attempt(lambda: create(_only(STORES), settings)),
    }
    if problems:
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


def prompt_source(dataset: DatasetConfig, order: WorkOrder) -> PromptSource:
    """The source that answers to a dataset's name or file ending.

    For a dataset that nobody answers to, a source that tells this as its problem.
    """
    suffix = PurePath(dataset.source).suffix.lower()
    known: list[str] = []
    for plugin in installed(PROMPTS):
        descriptor = plugin.descriptor
        if descriptor is None:
            continue
        if dataset.source in descriptor.names or suffix in descriptor.suffixes:
            source: PromptSource = create(descriptor, order.settings)
            return source
        known += [*sorted(descriptor.names), *(f"a {end} file" for end in descriptor.suffixes)]
    return UnknownDataset(
        Problem(
            code="dataset_unknown",
            message=(
                f"the dataset {dataset.source!r} is neither a known name nor a file of a known kind"
            ),
            cure=f"Use one of: {', '.join(sorted(known))}.",
        )
    )


def _device_registry(order: WorkOrder) -> DeviceRegistry:
    return DeviceRegistry(
        {
            kind: source
            for descriptor in (plugin.descriptor for plugin in installed(DEVICES))
            if descriptor is not None
            for source in [create(descriptor, order.settings)]
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
