"""Keeps each run in a folder of its own."""

from collections.abc import Callable
from pathlib import Path

from llem_contracts import CatalogueEntry, Clock, DeadRun, Problem, StoreError, SystemClock
from llem_schema import RunSettings, WorkOrder

from llem_store.catalogue import read_catalogue
from llem_store.dead import clean_up
from llem_store.failure import cannot_write
from llem_store.handle import FolderRunHandle
from llem_store.load import load_result
from llem_store.naming import run_folder_name
from llem_store.place import disk_free_bytes, place_problems
from llem_store.processes import ProcessTable
from llem_store.stored import FolderRun
from llem_store.unfinished import FolderPartialRun, load_partial


class FolderStore:
    """The `Store` on a file system. Needs no lock: making a folder is atomic."""

    def __init__(
        self,
        clock: Clock | None = None,
        free_bytes: Callable[[Path], int] = disk_free_bytes,
        cache_dir: Path | None = None,
        processes: ProcessTable | None = None,
    ) -> None:
        """`cache_dir` keeps what a catalogue has read for the next one; None keeps nothing."""
        self._processes = processes or ProcessTable()
        self._clock = clock or SystemClock()
        self._free_bytes = free_bytes
        self._cache_dir = cache_dir

    def problems(self, results_dir: Path) -> tuple[Problem, ...]:
        """Why nothing can be written there; creates nothing."""
        return place_problems(results_dir, self._free_bytes)

    def begin(self, order: WorkOrder) -> FolderRunHandle:
        """Make `{model}_{backend}_{time}` below the results folder, with `_1`, `_2` ... if taken,
        and the run's first state in it.

        Raises `StoreError` where it cannot be made.
        """
        if order.settings.results_dir is None:
            raise StoreError(
                "this order names no results folder", cure="Set `results_dir` in its settings."
            )
        parent = Path(order.settings.results_dir).absolute()
        name = run_folder_name(order.config, self._clock.wall_ns())
        try:
            parent.mkdir(parents=True, exist_ok=True)
            folder = _new_folder(parent, name)
        except OSError as error:
            raise cannot_write(parent, error) from error
        handle = FolderRunHandle(folder, order, self._clock, self._processes)
        try:
            handle.begin()
        except StoreError:
            handle.abandon("it never began")
            raise
        return handle

    def clean_up(self, results_dir: Path) -> tuple[DeadRun, ...]:
        """Make partial runs of those right below a folder whose process is gone, and remove those
        of them that hold nothing."""
        return clean_up(results_dir, self._processes, self._clock.wall_ns())

    def load(self, path: Path) -> FolderRun:
        """A saved run; see `load_result`."""
        return load_result(path)

    def load_partial(self, path: Path) -> FolderPartialRun:
        """A run without a result; see `load_partial`."""
        return load_partial(path, self._processes)

    def catalogue(self, folder: Path) -> tuple[CatalogueEntry, ...]:
        """All runs in a folder and below it, sorted by path; also those without a result.

        Raises `StoreError` for what is no folder, or cannot be listed.
        """
        return read_catalogue(folder, self._cache_dir, self._clock.wall_ns, self._processes)


def folder_store(settings: RunSettings) -> FolderStore:
    """What the descriptor names."""
    return FolderStore(cache_dir=Path(settings.cache_dir) if settings.cache_dir else None)


def _new_folder(parent: Path, name: str) -> Path:
    path = parent / name
    number = 0
    while True:
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
            path = parent / f"{name}_{number}"
        else:
            return path
