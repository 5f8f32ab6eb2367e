"""Models from the hub: from the local cache where they are there, from the network otherwise."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from llem_backend_pytorch.checkpoint_folder import files_needed, folder_fault
from llem_backend_pytorch.hub import Hub
from llem_backend_pytorch.hub_errors import told, transient
from llem_backend_pytorch.problems import UnusableModel, unusable

BACKOFF_S = (1.0, 4.0)
"""Waits between the attempts of a download; so there is one attempt more."""

T = TypeVar("T")


class HubModels:
    """Finds hub models. A complete snapshot in the cache is used as it is, without asking the hub
    whether there is a newer one: what was measured stays what is measured until `revision` or the
    cache changes, and the commit is recorded."""

    def __init__(self, hub: Hub, sleep: Callable[[float], None]) -> None:
        self._hub = hub
        self._sleep = sleep

    @contextmanager
    def config_folder(self, model: str, revision: str | None) -> Iterator[Path]:
        """A folder with the model's config.json. One attempt; nothing stays behind in the cache.

        Raises `UnusableModel`.
        """
        local = self._whole(model, revision)
        if local is not None:
            yield local
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

    def _config(self, model: str, revision: str | None, into: Path) -> Path:
        listing = self._hub.listing(model, revision)
        if "config.json" not in listing.files:
            raise unusable(
                "no_model_config",
                f"the hub repository {model!r} holds no config.json",
                "Take a repository in the layout of transformers.",
            )
        return self._hub.download(model, listing.commit, ("config.json",), into)

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
