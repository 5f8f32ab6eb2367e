"""Models from the hub: from the local cache where they are there, from the network otherwise."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from llem_backend_pytorch.checkpoint_folder import files_needed, folder_fault
from llem_backend_pytorch.hub import Hub, Listing
from llem_backend_pytorch.hub_errors import told, transient
from llem_backend_pytorch.problems import UnusableModel, unusable

BACKOFF_S = (1.0, 4.0)
"""Waits between the attempts of a download; so there is one attempt more."""

T = TypeVar("T")


@dataclass(frozen=True)
class PlannedFiles:
    """What a plan is made from."""

    folder: Path | None
    """Holds config.json at least; None for a built-in model."""
    download_bytes: int | None = 0
    """What loading has to download first; None where that is not known."""


class HubModels:
    """Finds hub models. A complete snapshot in the cache is used as it is, without asking the hub
    whether there is a newer one: what was measured stays what is measured until `revision` or the
    cache changes, and the commit is recorded."""

    def __init__(self, hub: Hub, sleep: Callable[[float], None]) -> None:
        self._hub = hub
        self._sleep = sleep

    @property
    def cache_dir(self) -> Path:
        """Where downloaded models are kept."""
        return self._hub.cache_dir

    @contextmanager
    def config_files(self, model: str, revision: str | None) -> Iterator[PlannedFiles]:
        """A folder with the model's config.json. One attempt; nothing stays behind in the cache.

        Raises `UnusableModel`.
        """
        local = self._whole(model, revision)
        if local is not None:
            yield PlannedFiles(local)
            return
        with tempfile.TemporaryDirectory(prefix="llem-config-") as folder:
            yield self._ask(model, revision, lambda: self._config(model, revision, Path(folder)))

    def fetch(self, model: str, revision: str | None) -> Path:
        """The snapshot folder with all that loading needs, downloaded where it is not there.

        Asks again after a failure that may pass. Raises `UnusableModel`.
        """
        local = self._whole(model, revision)
        if local is not None:
            return local
        for wait_s in BACKOFF_S:
            try:
                return self._download(model, revision)
            except UnusableModel:
                raise
            except Exception as error:
                if not transient(error):
                    raise told(error, model, revision) from error
                self._sleep(wait_s)
        return self._ask(model, revision, lambda: self._download(model, revision))

    def _whole(self, model: str, revision: str | None) -> Path | None:
        folder = self._hub.cached(model, revision)
        return folder if folder is not None and folder_fault(folder, model) is None else None

    def _config(self, model: str, revision: str | None, into: Path) -> PlannedFiles:
        listing = self._hub.listing(model, revision)
        if "config.json" not in listing.files:
            raise unusable(
                "no_model_config",
                f"the hub repository {model!r} holds no config.json",
                "Take a repository in the layout of transformers.",
            )
        folder = self._hub.download(model, listing.commit, ("config.json",), into)
        return PlannedFiles(folder, self._still_to_download(model, revision, listing))

    def _still_to_download(self, model: str, revision: str | None, listing: Listing) -> int | None:
        """Bytes of the files needed that are not in the cache; None where the hub is silent."""
        snapshot = self._hub.cached(model, revision)
        missing = [
            name
            for name in files_needed(listing.files)
            if snapshot is None or not (snapshot / name).exists()
        ]
        if any(name not in listing.sizes for name in missing):
            return None
        return sum(listing.sizes[name] for name in missing)

    def _download(self, model: str, revision: str | None) -> Path:
        listing = self._hub.listing(model, revision)
        folder = self._hub.download(model, listing.commit, files_needed(listing.files), None)
        fault = folder_fault(folder, model)
        if fault is not None:
            raise fault
        return folder

    def _ask(self, model: str, revision: str | None, question: Callable[[], T]) -> T:
        try:
            return question()
        except UnusableModel:
            raise
        except Exception as error:
            raise told(error, model, revision) from error
