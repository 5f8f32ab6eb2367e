"""Sensor cards on disk, so that a board is measured once per driver."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import platformdirs
from llem_contracts import Clock
from pydantic import ValidationError

from llem_energy.nvml_handles import Gpu
from llem_energy.nvml_sensors import NvmlSensors
from llem_energy.sensor_card import Board, SensorCard, measure_cards

CACHE_VARIABLE = "LLEM_CACHE_DIR"
"""Names the folder for caches; the platform's own one else."""


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where cards lie."""
    named = environ.get(CACHE_VARIABLE)
    base = Path(named) if named else Path(platformdirs.user_cache_dir("llem"))
    return base / "sensor-cards"


class Cards(Protocol):
    """Where sensor cards are kept."""

    def find(self, uuid: str, driver_version: str, sensors: tuple[str, ...]) -> SensorCard | None:
        """The card of that board and driver with just these sensors."""
        ...

    def keep(self, card: SensorCard) -> None: ...


class NoCards:
    """Keeps none."""

    def find(self, uuid: str, driver_version: str, sensors: tuple[str, ...]) -> None:
        return None

    def keep(self, card: SensorCard) -> None:
        return None


class CardShelf:
    """A folder of cards. What cannot be read or written is measured again; nobody is told."""

    def __init__(self, folder: Path, binding: str) -> None:
        """`binding`: name of the NVML binding; cards of one are nothing to another."""
        self._folder = folder
        self._binding = binding

    def find(self, uuid: str, driver_version: str, sensors: tuple[str, ...]) -> SensorCard | None:
        """The card of that board and driver with just these sensors."""
        try:
            text = self._path(uuid, driver_version).read_text(encoding="utf-8")
            card = SensorCard.model_validate_json(text)
        except (OSError, ValidationError):
            return None
        fits = (card.uuid, card.driver_version) == (uuid, driver_version)
        return card if fits and tuple(card.sensors) == sensors else None

    def keep(self, card: SensorCard) -> None:
        """Write the card, whole or not at all."""
        path = self._path(card.uuid, card.driver_version)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(card.model_dump_json(indent=1))
                Path(name).replace(path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise

    def _path(self, uuid: str, driver_version: str) -> Path:
        """Named by a hash: a UUID that a driver tells is no file name to trust."""
        key = f"{uuid}/{driver_version}/gpu/{self._binding}"
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"


def find_cards(
    cards: Cards, boards: Sequence[tuple[NvmlSensors, Gpu]], clock: Clock
) -> list[SensorCard]:
    """The kept cards of the boards; those that there are none of are measured, all at a time."""
    found = {
        gpu.uuid: cards.find(gpu.uuid, gpu.driver_version, sensors.quantities)
        for sensors, gpu in boards
    }
    unknown = [
        Board(sensors, gpu.uuid, gpu.driver_version)
        for sensors, gpu in boards
        if found[gpu.uuid] is None
    ]
    for card in measure_cards(unknown, clock):
        cards.keep(card)
        found[card.uuid] = card
    return [card for card in found.values() if card is not None]
