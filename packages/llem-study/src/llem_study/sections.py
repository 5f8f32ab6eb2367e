"""A config's backend sections: a stranger's moves to `extension`, a misplaced one is refused."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from llem_contracts import (
    BACKENDS,
    BackendDescriptor,
    ConfigError,
    Plugin,
    PluginError,
    import_object,
    installed,
)
from llem_schema import BACKEND_SECTIONS, ExperimentConfig, known_keys
from pydantic import BaseModel, TypeAdapter


def foreign_backends(
    plugins: Sequence[Plugin[BackendDescriptor]] | None = None,
) -> dict[str, BackendDescriptor]:
    """Installed backends whose section is not part of the schema, by name."""
    found = installed(BACKENDS) if plugins is None else plugins
    return {
        plugin.name: plugin.descriptor
        for plugin in found
        if plugin.descriptor is not None and plugin.descriptor.section_model is not None
    }


def plugin_keys(foreign: Mapping[str, BackendDescriptor] | None = None) -> tuple[str, ...]:
    """Dotted keys of foreign backends' sections, as a file may have them.

    A backend whose model cannot be imported gives its name alone.
    """
    keys: list[str] = []
    for name, descriptor in (foreign_backends() if foreign is None else foreign).items():
        keys.append(name)
        with contextlib.suppress(PluginError):
            keys += [f"{name}.{key}" for key in known_keys(_section_model(name, descriptor))]
    return tuple(keys)


def move_to_extension(
    values: Mapping[str, Any], foreign: Mapping[str, BackendDescriptor]
) -> dict[str, Any]:
    """The values with every top-level key of a foreign backend moved under `extension`.

    The section is validated by its backend's own model; the `ValidationError` names each place from
    the top of the file.
    """
    moved = dict(values)
    given = moved.get("extension")
    if given is not None and not isinstance(given, Mapping):
        return moved  # no section can be in there: the config's own model says so
    extension = dict(given or {})
    for name in foreign:
        if name in moved:
            extension[name] = moved.pop(name)
    for name, section in extension.items():
        if name in foreign:
            model = _section_model(name, foreign[name])
            TypeAdapter(dict[str, model]).validate_python({name: section})  # type: ignore[valid-type]
    if extension:
        moved["extension"] = extension
    return moved


def refuse_misplaced(config: ExperimentConfig) -> None:
    """Raise `ConfigError` for a section of another backend than the one that runs."""
    present = [name for name in BACKEND_SECTIONS if getattr(config, name) is not None]
    present += sorted(config.extension or {})
    for name in present:
        if name != config.backend:
            raise ConfigError(
                f"the section `{name}` belongs to another backend than {config.backend!r}",
                cure=f"Remove the section, or set `backend: {name}`.",
            )


def _section_model(name: str, descriptor: BackendDescriptor) -> type[BaseModel]:
    assert descriptor.section_model is not None
    model: type[BaseModel] = import_object(descriptor.section_model, needed_by=name)
    return model
