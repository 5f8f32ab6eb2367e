"""Finding plugins through entry points, without importing what they wrap."""

import difflib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic

from llem_schema import RunSettings

from llem_contracts.descriptor import Boundary, D, Descriptor
from llem_contracts.errors import ConfigError, LlemError, MissingDependency, PluginError
from llem_contracts.import_string import import_object

EntryPoints = Callable[[str], Iterable[importlib.metadata.EntryPoint]]
"""Gives the entry points of a group."""


def installed_entry_points(group: str) -> Iterable[importlib.metadata.EntryPoint]:
    """Those of the running environment."""
    return importlib.metadata.entry_points(group=group)


@dataclass(frozen=True)
class Plugin(Generic[D]):
    """One entry point: its descriptor, or why there is none."""

    name: str
    distribution: str
    version: str
    descriptor: D | None
    problem: str | None
    """Why the plugin is broken."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Modules that the plugin requires and that are not installed."""
        return missing_modules(self.descriptor) if self.descriptor else ()


def installed(
    boundary: Boundary[D], entry_points: EntryPoints = installed_entry_points
) -> tuple[Plugin[D], ...]:
    """All plugins of a boundary, by name. A broken one is listed as broken and hides nobody.

    Two plugins of one name are both listed; the sound one whose distribution comes first in the
    alphabet keeps the name.
    """
    found = sorted(
        entry_points(boundary.group),
        key=lambda point: (point.name, point.dist.name if point.dist else ""),
    )
    plugins: list[Plugin[D]] = []
    for point in found:
        distribution = point.dist.name if point.dist else "unknown"
        version = point.dist.version if point.dist else "unknown"
        descriptor, problem = _load(boundary, point)
        taken = _sound(plugins, point.name)
        if descriptor is not None and taken is not None:
            descriptor, problem = None, f"the name is taken by {taken.distribution}"
        plugins.append(Plugin(point.name, distribution, version, descriptor, problem))
    return tuple(plugins)


def find(
    boundary: Boundary[D], name: str, entry_points: EntryPoints = installed_entry_points
) -> Plugin[D]:
    """The plugin of that name, whole.

    Raises `ConfigError` for a name that nobody has (with the nearest one) and `PluginError` for a
    plugin that is broken.
    """
    plugins = installed(boundary, entry_points)
    sound = _sound(plugins, name)
    if sound is not None:
        return sound
    for plugin in plugins:
        if plugin.name == name:
            raise PluginError(
                f"the {boundary.noun} {name!r} of {plugin.distribution} is broken: "
                f"{plugin.problem}",
                cure=f"Reinstall or update {plugin.distribution}.",
            )
    names = sorted({plugin.name for plugin in plugins})
    near = difflib.get_close_matches(name, names, n=1)
    raise ConfigError(
        f"there is no {boundary.noun} {name!r}",
        cure=f"Did you mean {near[0]!r}?" if near else f"Installed: {', '.join(names) or 'none'}.",
    )


def missing_modules(descriptor: Descriptor) -> tuple[str, ...]:
    """Modules that a descriptor requires and that cannot be found; none of them is imported."""
    return tuple(name for name in descriptor.requires if _is_missing(name))


def create(descriptor: Descriptor, settings: RunSettings) -> Any:
    """Import a plugin's factory and call it.

    Raises `MissingDependency` where a required module is not installed and `PluginError` where the
    factory cannot be imported or fails; an `LlemError` of its own passes through.
    """
    for module in missing_modules(descriptor):
        raise MissingDependency(
            module, needed_by=descriptor.name, install_hint=descriptor.install_hint
        )
    factory = import_object(descriptor.factory, needed_by=descriptor.name)
    try:
        return factory(settings)
    except LlemError:
        raise
    except Exception as error:  # a stranger's factory may raise anything
        raise PluginError(
            f"{descriptor.name} cannot be set up: {type(error).__name__}: {error}"
        ) from error


def _is_missing(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is None
    except ModuleNotFoundError:  # the parent of a dotted name
        return True


def _sound(plugins: Iterable[Plugin[D]], name: str) -> Plugin[D] | None:
    return next((p for p in plugins if p.name == name and p.descriptor is not None), None)


def _load(
    boundary: Boundary[D], point: importlib.metadata.EntryPoint
) -> tuple[D | None, str | None]:
    try:
        descriptor = point.load()
    except Exception as error:  # a stranger's module may raise anything
        return None, f"{type(error).__name__}: {error}"
    if not isinstance(descriptor, boundary.descriptor):
        return None, f"{point.value} is no {boundary.descriptor.__name__}"
    if descriptor.name != point.name:
        return None, f"its descriptor calls itself {descriptor.name!r}"
    if descriptor.contract_version != boundary.contract_version:
        return None, (
            f"it was written for version {descriptor.contract_version} of the contract; this llem "
            f"speaks version {boundary.contract_version}"
        )
    return descriptor, None
