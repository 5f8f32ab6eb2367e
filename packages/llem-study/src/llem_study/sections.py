"""A config's backend sections: a stranger's moves to `extension`, a misplaced one is refused."""

from collections.abc import Mapping, Sequence
from typing import Any

from llem_contracts import (
    BACKENDS,
    BackendDescriptor,
    ConfigError,
    Plugin,
    import_object,
    installed,
)
from llem_schema import ExperimentConfig

_BUILT_IN_SECTIONS = ("pytorch",)


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


def move_to_extension(
    values: Mapping[str, Any], foreign: Mapping[str, BackendDescriptor]
) -> dict[str, Any]:
    """The values with every top-level key of a foreign backend moved under `extension`.

    The section is validated by its backend's own model, whose `ValidationError` passes through.
    """
    moved = dict(values)
    extension = dict(moved.get("extension") or {})
    for name in foreign:
        if name in moved:
            extension[name] = moved.pop(name)
    for name, section in extension.items():
        descriptor = foreign.get(name)
        if descriptor is not None and descriptor.section_model is not None:
            model = import_object(descriptor.section_model, needed_by=name)
            model.model_validate(section)
    if extension:
        moved["extension"] = extension
    return moved


def refuse_misplaced(config: ExperimentConfig) -> None:
    """Raise `ConfigError` for a section of another backend than the one that runs."""
    present = [name for name in _BUILT_IN_SECTIONS if getattr(config, name) is not None]
    present += sorted(config.extension or {})
    for name in present:
        if name != config.backend:
            raise ConfigError(
                f"the section `{name}` belongs to another backend than {config.backend!r}",
                cure=f"Remove the section, or set `backend: {name}`.",
            )
