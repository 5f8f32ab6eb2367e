"""Where the files of a hub dataset are: in the local cache, or else on the hub."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from llem_prompts.hub import Hub
from llem_prompts.hub_errors import told, transient
from llem_prompts.hub_splits import chosen_split, splits_of, whole
from llem_prompts.parquet import parquet_rows
from llem_prompts.texts import DatasetError, need_rows

CONVERTED: Final = "refs/convert/parquet"
"""The branch on which the hub keeps what it has converted to Parquet."""

BACKOFF_S: Final = (1.0, 4.0)
"""Waits between the attempts of a download; so there is one attempt more."""

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """A part of a hub dataset, as it is asked for."""

    repository: str
    split: str | None
    revision: str | None

    @property
    def revisions(self) -> tuple[str | None, ...]:
        """Where its Parquet files may be, in the order in which they are looked for."""
        return (self.revision,) if self.revision is not None else (None, CONVERTED)


@dataclass(frozen=True)
class Listed:
    """A split on the hub, at one commit of one of the revisions."""

    revision: str | None
    commit: str
    split: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A split in the local cache."""

    commit: str
    split: str
    paths: tuple[Path, ...]


class HubDatasets:
    """Finds the Parquet files of hub datasets.

    A split that is whole in the cache is used as it is, without asking the hub whether there is a
    newer one: what was measured stays what is measured until `revision` or the cache changes, and
    the commit is recorded.
    """

    def __init__(self, hub: Hub, sleep: Callable[[float], None]) -> None:
        self._hub = hub
        self._sleep = sleep

    def cached(self, asked: Asked) -> Found | None:
        """The split, if all of it is in the cache under the very name that is asked for. Speaks to
        nobody."""
        wanted = asked.split or "train"
        for revision in asked.revisions:
            folder = self._hub.cached(asked.repository, revision)
            if folder is None:
                continue
            names = (path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet"))
            files = splits_of(names).get(wanted, ())
            if files and whole(files):
                return Found(folder.name, wanted, tuple(folder / file for file in files))
        return None

    def look(self, asked: Asked, n: int, column: str | None) -> None:
        """Look at the split on the hub: whether it has `n` rows, and a column of prompts.

        One attempt; the ends of as many files as hold `n` rows are read and not kept. Raises
        `DatasetError`.
        """
        self._ask(asked, lambda: self._look(asked, n, column))

    def fetch(self, asked: Asked) -> Found:
        """The split in the cache, downloaded where it is not there.

        Asks again after a failure that may pass. Raises `DatasetError`.
        """
        here = self.cached(asked)
        if here is not None:
            return here
        for wait_s in BACKOFF_S:
            try:
                return self._download(asked)
            except DatasetError:
                raise
            except Exception as error:
                if not transient(error):
                    raise told(error, asked.repository, asked.revision) from error
                self._sleep(wait_s)
        return self._ask(asked, lambda: self._download(asked))

    def _look(self, asked: Asked, n: int, column: str | None) -> None:
        listed = self._listed(asked)
        rows = 0
        for file in listed.files:
            with self._hub.open(asked.repository, listed.commit, file) as opened:
                more, column = parquet_rows(opened, f"{asked.repository}: {file}", column)
            rows += more
            if rows >= n:
                return
        need_rows(rows, n, f"the split {listed.split} of {asked.repository}")

    def _download(self, asked: Asked) -> Found:
        listed = self._listed(asked)
        first, *others = listed.files
        # The first file comes last: where it is, the others are, whatever a download was cut by.
        if others:
            self._hub.download(asked.repository, listed.revision, others)
        folder = self._hub.download(asked.repository, listed.revision, (first,))
        return Found(folder.name, listed.split, tuple(folder / file for file in listed.files))

    def _listed(self, asked: Asked) -> Listed:
        from huggingface_hub.errors import RevisionNotFoundError

        for revision in asked.revisions:
            try:
                listing = self._hub.listing(asked.repository, revision)
            except RevisionNotFoundError:
                if revision == asked.revision:
                    raise
                continue  # the hub has converted nothing
            splits = splits_of(listing.files)
            if splits:
                split = chosen_split(splits, asked.split, asked.repository)
                return Listed(revision, listing.commit, split, splits[split])
        at = f" at the revision {asked.revision!r}" if asked.revision else ""
        raise DatasetError(
            "dataset_without_parquet",
            f"the hub dataset {asked.repository!r} has no Parquet files{at}",
            cure=f"Leave dataset.revision out, or set it to {CONVERTED} or a commit of it."
            if asked.revision
            else "Download its files and name one that ends in .jsonl or .csv.",
        )

    def _ask(self, asked: Asked, question: Callable[[], T]) -> T:
        try:
            return question()
        except DatasetError:
            raise
        except Exception as error:
            raise told(error, asked.repository, asked.revision) from error
