"""The dataset hub, as far as this package speaks to it."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

TIMEOUT_S = 10.0
"""For one answer of the hub; the hub library's own default for file metadata."""


@dataclass(frozen=True)
class Listing:
    """A dataset's repository at one commit."""

    commit: str
    files: tuple[str, ...]


class Hub(Protocol):
    """Lists and downloads. Raises what the hub library raises."""

    def cached(self, repository: str, revision: str | None) -> Path | None:
        """Snapshot folder in the local cache, named like its commit, which may lack files. Speaks
        to nobody."""
        ...

    def listing(self, repository: str, revision: str | None) -> Listing: ...

    def download(self, repository: str, revision: str | None, files: Sequence[str]) -> Path:
        """Bring files into the cache; returns the snapshot folder."""
        ...

    def open(self, repository: str, commit: str, file: str) -> BinaryIO:
        """A file on the hub, of which only what is read is downloaded."""
        ...


class HuggingFaceHub:
    """The hub behind `huggingface_hub`; its offline switch, endpoint and token are respected."""

    def __init__(self, cache_dir: str | None, endpoint: str | None = None) -> None:
        """`cache_dir` and `endpoint`: None leaves them to the hub library."""
        self._cache_dir = cache_dir
        self._endpoint = endpoint

    def cached(self, repository: str, revision: str | None) -> Path | None:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

        try:
            return Path(
                snapshot_download(
                    repository,
                    repo_type="dataset",
                    revision=revision,
                    cache_dir=self._cache_dir,
                    local_files_only=True,
                )
            )
        except HFValidationError:
            return None
        except LocalEntryNotFoundError as error:
            # Newer versions of the library know which files a snapshot lacks. One that was brought
            # for a split lacks the others; where it is, the error tells.
            folder = getattr(error, "snapshot_path", None)
            return None if folder is None else Path(folder)

    def listing(self, repository: str, revision: str | None) -> Listing:
        from huggingface_hub import HfApi

        with _quiet():
            info = HfApi(endpoint=self._endpoint).dataset_info(
                repository, revision=revision, timeout=TIMEOUT_S
            )
        return Listing(
            commit=info.sha or revision or "main",
            files=tuple(sibling.rfilename for sibling in info.siblings or ()),
        )

    def download(self, repository: str, revision: str | None, files: Sequence[str]) -> Path:
        from huggingface_hub import snapshot_download

        with _quiet():
            return Path(
                snapshot_download(
                    repository,
                    repo_type="dataset",
                    revision=revision,
                    cache_dir=self._cache_dir,
                    allow_patterns=list(files),
                    etag_timeout=TIMEOUT_S,
                    endpoint=self._endpoint,
                )
            )

    def open(self, repository: str, commit: str, file: str) -> BinaryIO:
        from huggingface_hub import HfFileSystem

        with _quiet():
            files = HfFileSystem(endpoint=self._endpoint)
            return cast(BinaryIO, files.open(f"datasets/{repository}@{commit}/{file}", "rb"))


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back the library's bars and its remarks below `ERROR`; put both back on leaving."""
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    logger = logging.getLogger("huggingface_hub")
    level, bars = logger.level, not are_progress_bars_disabled()
    logger.setLevel(logging.ERROR)
    disable_progress_bars()
    try:
        yield
    finally:
        logger.setLevel(level)
        if bars:
            enable_progress_bars()
