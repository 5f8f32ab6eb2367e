"""What an entry point names: a frozen description of a plugin, cheap to load."""

from dataclasses import dataclass
from typing import Generic, TypeVar


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """A plugin, described without importing anything heavy.

    The object lives in a module of its own that imports neither the engine nor the library that
    the plugin wraps.
    """

    name: str
    summary: str
    """One line for listings."""
    factory: str
    """`module:callable`; called with `llem_schema.RunSettings`, returns the implementation."""
    contract_version: int = 1
    """Version of the boundary that the implementation was written for."""
    requires: tuple[str, ...] = ()
    """Importable modules that the factory needs."""
    install_hint: str = ""
    """Command that installs what `requires` names."""


D = TypeVar("D", bound=Descriptor)


@dataclass(frozen=True)
class Boundary(Generic[D]):
    """One kind of plugin: its entry-point group, its descriptor, its contract's version."""

    group: str
    noun: str
    """What one such plugin is called in a sentence."""
    descriptor: type[D]
    contract_version: int = 1
