"""Stores whose catalogue breaks one promise each."""

import dataclasses
from pathlib import Path

from llem_contracts import CatalogueEntry

from .sound_store import Store


class ListsNothingDeep(Store):
    def catalogue(self, folder: Path) -> tuple[CatalogueEntry, ...]:
        near = (folder, folder.parent)
        return tuple(e for e in super().catalogue(folder) if e.path.parent.parent in near)


class ListsRoundedFigures(Store):
    def catalogue(self, folder: Path) -> tuple[CatalogueEntry, ...]:
        return tuple(
            dataclasses.replace(e, energy_per_output_token_j=6.2) for e in super().catalogue(folder)
        )


class HidesRunsThatGoOn(Store):
    def catalogue(self, folder: Path) -> tuple[CatalogueEntry, ...]:
        return tuple(e for e in super().catalogue(folder) if not any(e.path.glob("*.arrows")))


class BelievesItsMemory(Store):
    def __init__(self) -> None:
        super().__init__()
        self._known: dict[Path, tuple[CatalogueEntry, ...]] = {}

    def catalogue(self, folder: Path) -> tuple[CatalogueEntry, ...]:
        if folder not in self._known:
            self._known[folder] = super().catalogue(folder)
        return self._known[folder]


class ListsNothingForNoFolder(Store):
    def catalogue(self, folder: Path) -> tuple[CatalogueEntry, ...]:
        return super().catalogue(folder) if folder.is_dir() else ()


class KeepsItsIndexAmongTheResults(Store):
    def catalogue(self, folder: Path) -> tuple[CatalogueEntry, ...]:
        found = super().catalogue(folder)
        (folder / "index.json").write_text("[]")
        return found
