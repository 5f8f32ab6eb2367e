"""The model hub, as far as this package speaks to it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

TIMEOUT_S = 10.0
"""For one answer of the hub; the hub library's own default for file metadata."""


@dataclass(frozen=True)
class Listing:
    """A repository at one commit."""

    commit: str
    files: tuple[str, ...]


class Hub(Protocol):
    """Lists and downloads. Raises what the hub library raises."""

    def cached(self, model: str, revision: str | None) -> Path | None:
        """Snapshot folder in the local cache, which may be incomplete. Speaks to nobody."""
        ...

    def listing(self, model: str, revision: str | None) -> Listing: ...

    def download(self, model: str, commit: str, files: tuple[str, ...], into: Path | None) -> Path:
        """Bring files into the cache, or into another cache at `into`; returns the snapshot."""
        ...


class HuggingFaceHub:
    """The hub behind `huggingface_hub`; its offline switch, endpoint and token are respected."""

    def __init__(self, cache_dir: str | None) -> None:
        self._cache_dir = cache_dir

    def cached(self, model: str, revision: str | None) -> Path | None:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

        try:
            return Path(
                snapshot_download(
                    model, revision=revision, cache_dir=self._cache_dir, local_files_only=True
                )
            )
        except (LocalEntryNotFoundError, HFValidationError):
            return None

    def listing(self, model: str, revision: str | None) -> Listing:
        from huggingface_hub import HfApi

        info = HfApi().model_info(model, revision=revision, timeout=TIMEOUT_S)
        files = tuple(sibling.rfilename for sibling in info.siblings or ())
        return Listing(commit=info.sha or revision or "main", files=files)

    def download(self, model: str, commit: str, files: tuple[str, ...], into: Path | None) -> Path:
        from huggingface_hub import snapshot_download

        return Path(
            snapshot_download(
                model,
                revision=commit,
                cache_dir=into or self._cache_dir,
                allow_patterns=list(files),
                etag_timeout=TIMEOUT_S,
            )
        )
