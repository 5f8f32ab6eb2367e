"""The model hub, as far as this package speaks to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

TIMEOUT_S = 10.0
"""For one answer of the hub; the hub library's own default for file metadata."""


@dataclass(frozen=True)
class Listing:
    """A repository at one commit."""

    commit: str
    files: tuple[str, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Bytes by file, of those whose size the hub tells."""


class Hub(Protocol):
    """Lists and downloads. Raises what the hub library raises."""

    @property
    def cache_dir(self) -> Path:
        """The local cache."""
        ...

    def cached(self, model: str, revision: str | None) -> Path | None:
        """Snapshot folder in the local cache, which may be incomplete. Speaks to nobody."""
        ...

    def listing(self, model: str, revision: str | None) -> Listing: ...

    def download(
        self, model: str, revision: str | None, files: tuple[str, ...], into: Path | None
    ) -> Path:
        """Bring files into the cache, or into another cache at `into`; returns the snapshot, which
        `cached` finds from then on under the same revision."""
        ...


class HuggingFaceHub:
    """The hub behind `huggingface_hub`; its offline switch, endpoint and token are respected."""

    def __init__(self, cache_dir: str | None, endpoint: str | None = None) -> None:
        """`cache_dir` and `endpoint`: None leaves them to the hub library."""
        self._cache_dir = cache_dir
        self._endpoint = endpoint

    @property
    def cache_dir(self) -> Path:
        if self._cache_dir is not None:
            return Path(self._cache_dir)
        from huggingface_hub.constants import HF_HUB_CACHE

        return Path(HF_HUB_CACHE)

    def cached(self, model: str, revision: str | None) -> Path | None:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

        try:
            return Path(
                snapshot_download(
                    model, revision=revision, cache_dir=self._cache_dir, local_files_only=True
                )
            )
        except HFValidationError:
            return None
        except LocalEntryNotFoundError as error:
            # Newer versions of the library know which files a snapshot lacks, and no model is
            # brought with all of its repository's. Where such a snapshot is, the error tells.
            folder = getattr(error, "snapshot_path", None)
            return None if folder is None else Path(folder)

    def listing(self, model: str, revision: str | None) -> Listing:
        from huggingface_hub import HfApi

        info = HfApi(endpoint=self._endpoint).model_info(
            model, revision=revision, timeout=TIMEOUT_S, files_metadata=True
        )
        siblings = info.siblings or ()
        return Listing(
            commit=info.sha or revision or "main",
            files=tuple(sibling.rfilename for sibling in siblings),
            sizes={s.rfilename: s.size for s in siblings if s.size is not None},
        )

    def download(
        self, model: str, revision: str | None, files: tuple[str, ...], into: Path | None
    ) -> Path:
        from huggingface_hub import snapshot_download

        return Path(
            snapshot_download(
                model,
                revision=revision,
                cache_dir=into or self._cache_dir,
                allow_patterns=list(files),
                etag_timeout=TIMEOUT_S,
                endpoint=self._endpoint,
            )
        )
