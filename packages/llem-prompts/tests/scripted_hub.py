"""A hub that answers from a folder and does what a test tells it."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow.parquet
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
from llem_prompts.hub import Listing

COMMITS = {None: "a" * 40, "refs/convert/parquet": "b" * 40, "v1": "c" * 40}
"""By revision."""

Files = Mapping[str, Mapping[str, Sequence[Any]] | str]
"""Columns of a Parquet file, or the text of another one, by path."""


class ScriptedHub:
    """One dataset, `someone/prompts`. Each question raises the next of `errors`, if that is one."""

    def __init__(
        self,
        folder: Path,
        revisions: Mapping[str | None, Files],
        errors: Sequence[Exception | None] = (),
    ) -> None:
        self.cache = folder / "cache"
        self.errors = list(errors)
        self.asked: list[str] = []
        self._revisions = revisions
        self._hub = folder / "hub"
        for revision, files in revisions.items():
            for name, content in files.items():
                path = self._hub / COMMITS[revision] / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(content, str):
                    path.write_text(content, encoding="utf-8")
                else:
                    pyarrow.parquet.write_table(pyarrow.table(dict(content)), path)

    def cached(self, repository: str, revision: str | None) -> Path | None:
        snapshot = self.cache / COMMITS.get(revision, str(revision))
        return snapshot if snapshot.is_dir() and repository == "someone/prompts" else None

    def listing(self, repository: str, revision: str | None) -> Listing:
        self._ask(f"list {revision or 'main'}")
        if repository != "someone/prompts":
            raise RepositoryNotFoundError("no", response=response(404))
        if revision not in self._revisions:
            raise RevisionNotFoundError("no", response=response(404))
        return Listing(COMMITS[revision], tuple(self._revisions[revision]))

    def download(self, repository: str, revision: str | None, files: Sequence[str]) -> Path:
        snapshot = self.cache / COMMITS[revision]
        for name in files:
            self._ask(f"download {name}")
            (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self._hub / COMMITS[revision] / name, snapshot / name)
        return snapshot

    def open(self, repository: str, commit: str, file: str) -> BinaryIO:
        self._ask(f"open {file}")
        return (self._hub / commit / file).open("rb")

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error


def response(status: int) -> Any:
    """As much of an answer as the hub library's errors look at."""

    class Response:
        status_code = status
        headers: Mapping[str, str] = {}
        request = None

    return Response()
