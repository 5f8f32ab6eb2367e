"""Where a model comes from."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from llem_schema import ExperimentConfig, LoraConfig

from llem_backend_pytorch.adapter_files import AdapterFiles
from llem_backend_pytorch.builtin import PREFIX, builtin_model
from llem_backend_pytorch.checkpoint_folder import Checkpoint, has_tokenizer
from llem_backend_pytorch.hub_models import HubModels, Kind, PlannedFiles
from llem_backend_pytorch.problems import unusable
from llem_backend_pytorch.settings import settings_of

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class ModelFiles:
    """A model's files on this machine."""

    folder: Path | None
    """None for a built-in model, which has none."""
    commit: str | None
    """Commit of a hub model."""
    tokenizer: bool = True
    """Whether there is one in the folder."""


class ModelSource:
    """Finds the files of built-in models, folders, hub models, and of adapters.

    Raises `UnusableModel`.
    """

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
                folder = _whole_folder(config.model, _kind(config))
                yield PlannedFiles(folder, tokenizer=_has_tokenizer(folder))
            case "hub":
                with self._hub.config_files(config.model, config.revision, _kind(config)) as files:
                    yield files

    def for_load(self, config: ExperimentConfig) -> ModelFiles:
        """All that loading needs, downloaded where it is not there."""
        match kind_of(config.model):
            case "builtin":
                builtin_model(config.model)
                return ModelFiles(None, None)
            case "folder":
                folder = _whole_folder(config.model, _kind(config))
                return ModelFiles(folder, None, _has_tokenizer(folder))
            case "hub":
                folder = self._hub.fetch(config.model, config.revision, _kind(config))
                return ModelFiles(folder, _commit(folder), _has_tokenizer(folder))

    def adapter_bytes(self, lora: LoraConfig) -> int | None:
        """What the adapter still has to bring over the network; None where that is not known."""
        if lora.path is not None:
            _whole_folder(lora.path, AdapterFiles())
            return 0
        with self._hub.config_files(lora.adapter or "", None, AdapterFiles()) as files:
            return files.download_bytes

    def adapter_files(self, lora: LoraConfig) -> ModelFiles:
        """The adapter's files, downloaded where they are not there."""
        if lora.path is not None:
            return ModelFiles(_whole_folder(lora.path, AdapterFiles()), None)
        folder = self._hub.fetch(lora.adapter or "", None, AdapterFiles())
        return ModelFiles(folder, _commit(folder))


def kind_of(model: str) -> Literal["builtin", "folder", "hub"]:
    """What a model's name means: `builtin:NAME`, a path, or else a hub id.

    An existing folder wins over a hub model of the same name.
    """
    if model.startswith(PREFIX):
        return "builtin"
    if model.startswith(("/", "./", "../", "~")) or _is_folder(model):
        return "folder"
    return "hub"


def _kind(config: ExperimentConfig) -> Checkpoint:
    settings = settings_of(config)
    return Checkpoint(weights=settings.load_format == "auto", code=settings.trust_remote_code)


def _whole_folder(path: str, kind: Kind) -> Path:
    folder = Path(os.path.expanduser(path))  # noqa: PTH111 - pathlib raises for an unknown user
    if not _is_folder(folder):
        raise unusable("model_not_found", f"there is no folder {path!r}", "Check the path.")
    fault = kind.fault(folder, path)
    if fault is not None:
        raise fault
    return folder.resolve()


def _is_folder(path: str | Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - pathlib raises for a name that is too long


def _has_tokenizer(folder: Path) -> bool:
    return has_tokenizer(path.name for path in folder.iterdir())


def _commit(folder: Path) -> str | None:
    return folder.name if _COMMIT.fullmatch(folder.name) else None
