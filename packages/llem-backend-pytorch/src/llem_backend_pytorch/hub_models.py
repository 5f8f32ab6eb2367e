"""Models from the hub: from the local cache where they are there, from the network otherwise."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from llem_backend_pytorch.checkpoint_folder import has_tokenizer
from llem_backend_pytorch.hub import Hub, Listing
from llem_backend_pytorch.hub_errors import told, transient
from llem_backend_pytorch.problems import UnusableModel

BACKOFF_S = (1.0, 4.0)
"""Waits between the attempts of a download; so there is one attempt more."""

T = TypeVar("T")


class Kind(Protocol):
    """What a repository is to hold, and which of its files are used: a model's or an adapter's."""

    @property
    def noun(self) -> str:
        """What the repository is called in a sentence."""
        ...

    def fault(self, folder: Path, name: str) -> UnusableModel | None:
        """The first thing without which it cannot be used."""
        ...

    def whole(self, folder: Path) -> bool:
        """Whether a cached snapshot without fault lacks nothing that the repository may have."""
        ...

    def listing_fault(self, names: tuple[str, ...], model: str) -> UnusableModel | None: ...

    def read_by_plan(self, names: tuple[str, ...]) -> tuple[str, ...]: ...

    def needed(self, names: tuple[str, ...]) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class PlannedFiles:
    """What a plan is made from."""

    folder: Path | None
    """Holds the config at least; None for a built-in model."""
    download_bytes: int | None = 0
    """What loading has to download first; None where that is not known."""
    tokenizer: bool = True
    """Whether there will be one."""


class HubModels:
    """Finds hub models and adapters. A complete snapshot in the cache is used as it is, without
    asking the hub whether there is a newer one: what was measured stays what is measured until
    `revision` or the cache changes, and the commit is recorded."""

    def __init__(self, hub: Hub, sleep: Callable[[float], None]) -> None:
        self._hub = hub
        self._sleep = sleep

    @property
    def cache_dir(self) -> Path:
        """Where downloaded models are kept."""
        return self._hub.cache_dir

    @contextmanager
    def config_files(self, model: str, revision: str | None, kind: Kind) -> Iterator[PlannedFiles]:
        """A folder with what a plan reads. One attempt; nothing stays behind in the cache.

        Raises `UnusableModel`.
        """
        local = self._whole(model, revision, kind)
        if local is not None:
            yield PlannedFiles(local)
            return
        with tempfile.TemporaryDirectory(prefix="llem-config-") as folder:
            yield self._ask(
                model, revision, kind, lambda: self._config(model, revision, kind, Path(folder))
            )

    def fetch(self, model: str, revision: str | None, kind: Kind) -> Path:
        """The snapshot folder with all that loading needs, downloaded where it is not there.

        Asks again after a failure that may pass. Raises `UnusableModel`.
        """
        local = self._whole(model, revision, kind)
        if local is not None:
            return local
        for wait_s in BACKOFF_S:
            try:
                return self._download(model, revision, kind)
            except UnusableModel:
                raise
            except Exception as error:
                if not transient(error):
                    raise told(error, model, revision, kind.noun) from error
                self._sleep(wait_s)
        return self._ask(model, revision, kind, lambda: self._download(model, revision, kind))

    def _whole(self, model: str, revision: str | None, kind: Kind) -> Path | None:
        """The snapshot in the cache; None where anything may be missing: files of code and, beside
        dummy weights, those of the tokenizer may only have been left out of it."""
        folder = self._hub.cached(model, revision)
        if folder is None or kind.fault(folder, model) is not None:
            return None
        return folder if kind.whole(folder) else None

    def _config(self, model: str, revision: str | None, kind: Kind, into: Path) -> PlannedFiles:
        listing = self._hub.listing(model, revision)
        fault = kind.listing_fault(listing.files, model)
        if fault is not None:
            raise fault
        folder = self._hub.download(model, revision, kind.read_by_plan(listing.files), into)
        return PlannedFiles(
            folder,
            self._still_to_download(model, revision, kind, listing),
            has_tokenizer(listing.files),
        )

    def _still_to_download(
        self, model: str, revision: str | None, kind: Kind, listing: Listing
    ) -> int | None:
        """Bytes of the files needed that are not in the cache; None where the hub is silent."""
        snapshot = self._hub.cached(model, revision)
        missing = [
            name
            for name in kind.needed(listing.files)
            if snapshot is None or not (snapshot / name).exists()
        ]
        if any(name not in listing.sizes for name in missing):
            return None
        return sum(listing.sizes[name] for name in missing)

    def _download(self, model: str, revision: str | None, kind: Kind) -> Path:
        listing = self._hub.listing(model, revision)
        fault = kind.listing_fault(listing.files, model)
        if fault is not None:
            raise fault
        folder = self._hub.download(model, revision, kind.needed(listing.files), None)
        fault = kind.fault(folder, model)
        if fault is not None:
            raise fault
        return folder

    def _ask(self, model: str, revision: str | None, kind: Kind, question: Callable[[], T]) -> T:
        try:
            return question()
        except UnusableModel:
            raise
        except Exception as error:
            raise told(error, model, revision, kind.noun) from error
