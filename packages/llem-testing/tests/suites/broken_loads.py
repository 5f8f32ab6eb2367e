"""Stores that break one promise each about what they load."""

import dataclasses
import json
from pathlib import Path

from llem_contracts import StoreError
from llem_store.stored import FolderRun

from .sound_store import Store


class LoadsWhatIsNotComplete(Store):
    def load(self, path: Path) -> FolderRun:
        tables = {table.name for table in path.glob("*.*")}
        if tables == {"state.json", "timeseries.arrows", "requests.arrows"}:
            return FolderRun(path, None)  # type: ignore[arg-type]
        return super().load(path)


class RoundsWhatItLoads(Store):
    def load(self, path: Path) -> FolderRun:
        run = super().load(path)
        if not path.is_dir():
            return run
        rounded = run.result.model_copy(update={"energy_total_j": 200})
        return FolderRun(run.path, rounded.model_copy(update={"window_duration_s": 2.25}))


class KnowsFoldersAlone(Store):
    def load(self, path: Path) -> FolderRun:
        if path.name == "result.json":
            raise StoreError(f"{path} is no folder")
        return super().load(path)


class LosesTheFolderOfWhatWasPrinted(Store):
    def load(self, path: Path) -> FolderRun:
        run = super().load(path)
        return dataclasses.replace(run, path=path.parent) if path.name == "printed.json" else run


class LetsTheReadersErrorThrough(Store):
    def load(self, path: Path) -> FolderRun:
        if path.is_file():
            json.loads(path.read_text())
        return super().load(path)
