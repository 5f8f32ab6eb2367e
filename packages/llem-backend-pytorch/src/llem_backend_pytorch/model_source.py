"""Where a model comes from."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from llem_schema import ExperimentConfig

from llem_backend_pytorch.builtin import PREFIX, builtin_model
from llem_backend_pytorch.checkpoint_folder import folder_fault
from llem_backend_pytorch.hub_models import HubModels, PlannedFiles
from llem_backend_pytorch.problems import unusable

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class ModelFiles:
    """A model's files on this machine."""

    folder: Path | None
    """None for a built-in model, which has none."""
    commit: str | None
    """Commit of a hub model."""


class ModelSource:
    """Finds the files of built-in models, folders and hub models. Raises `UnusableModel`."""

    def __init__(self, hub: HubModels) -> None:
        self._hub = hub

    @property
    def cache_dir(self) -> Path:
        """Where downloaded models are kept."""
        return self._hub.cache_dir

    @contextmanager
    def for_plan(self, config: ExperimentConfig) -> Iterator[PlannedFiles]:
        """A folder that holds config.json at least, and what is still to be downloaded."""
        match kind_of(config.model):
            case "builtin":
                builtin_model(config.model)
                yield PlannedFiles(None)
            case "folder":
                yield PlannedFiles(_whole_folder(config.model))
            case "hub":
                with self._hub.config_files(config.model, config.revision) as files:
                    yield files

    def for_load(self, config: ExperimentConfig) -> ModelFiles:
        """All that loading needs, downloaded where it is not there."""
        match kind_of(config.model):
            case "builtin":
                builtin_model(config.model)
                return ModelFiles(None, None)
            case "folder":
                return ModelFiles(_whole_folder(config.model), None)
            case "hub":
                folder = self._hub.fetch(config.model, config.revision)
                return ModelFiles(folder, folder.name if _COMMIT.fullmatch(folder.name) else None)


def kind_of(model: str) -> Literal["builtin", "folder", "hub"]:
    """What a model's name means: `builtin:NAME`, a path, or else a hub id.

    An existing folder wins over a hub model of the same name.
    """
    if model.startswith(PREFIX):
        return "builtin"
    if model.startswith(("/", "./", "../", "~")) or Path(model).is_dir():
        return "folder"
    return "hub"


def _whole_folder(model: str) -> Path:
    folder = Path(model).expanduser()
    if not folder.is_dir():
        raise unusable("model_not_found", f"there is no folder {model!r}", "Check the path.")
    fault = folder_fault(folder, model)
    if fault is not None:
        raise fault
    return folder.resolve()
