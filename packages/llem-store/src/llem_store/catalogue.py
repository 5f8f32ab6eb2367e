"""All runs below a folder, as rows."""

import os
from collections.abc import Callable
from pathlib import Path

from llem_contracts import CatalogueEntry, StoreError

from llem_store.entry import entry_of_partial, entry_of_result, entry_of_unfinished
from llem_store.index import SETTLED_NS, CatalogueIndex, Remembered, fingerprint
from llem_store.layout import RESULT_NAME
from llem_store.load import result_in
from llem_store.partial import partial_in
from llem_store.processes import ProcessTable
from llem_store.state import read_state
from llem_store.unfinished import why_unfinished_in
from llem_store.walk import FoundRun, find_runs

_WHAT_TO_GIVE = "Give a folder of results, or the folder of a run."


def read_catalogue(
    root: Path, cache_dir: Path | None, wall_ns: Callable[[], int], processes: ProcessTable
) -> tuple[CatalogueEntry, ...]:
    """See `Store.catalogue`. Without `cache_dir` every file is read each time.

    Only what a sound document says is remembered: a broken one may be mended without a trace in
    its folder, by another permission or another version of llem.
    """
    now_ns = wall_ns()
    found = _found(root)
    index = None
    if cache_dir is not None and any(run.relative for run in found):
        index = CatalogueIndex(cache_dir, root)
    before = index.read() if index is not None else {}
    after: dict[str, Remembered] = {}
    entries: list[CatalogueEntry] = []
    for run in found:
        path = root / run.relative
        if run.document is None or run.status is None:
            entries.append(_without_document(path, run, processes))
            continue
        name = f"{run.relative}/{run.document}"
        known = before.get(name)
        if known is not None and known.fingerprint == fingerprint(run.status):
            entries.append(known.entry(path))
            after[name] = known
            continue
        read = _read(path, run.document)
        if read is not None:  # else it went away meanwhile
            entry, status = read
            entries.append(entry)
            if status is not None and now_ns - status.st_ctime_ns > SETTLED_NS:
                after[name] = Remembered.of(status, entry)
    if index is not None and after != before:
        index.write(after)
    return tuple(entries)


def _found(root: Path) -> list[FoundRun]:
    try:
        return sorted(find_runs(root), key=lambda run: run.relative)
    except FileNotFoundError as error:
        raise StoreError(f"there is nothing at {root}", cure=_WHAT_TO_GIVE) from error
    except NotADirectoryError as error:
        raise StoreError(f"{root} is no folder", cure=_WHAT_TO_GIVE) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(f"{root} cannot be listed: {reason}", cure=_WHAT_TO_GIVE) from error


def _read(path: Path, document: str) -> tuple[CatalogueEntry, os.stat_result | None] | None:
    """What a run's document says, and the file that said it where it is a sound one.

    None where the document is gone.
    """
    try:
        with (path / document).open("rb") as file:
            status = os.fstat(file.fileno())
            content = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        return _broken(path, f"{document} cannot be read: {error.strerror}"), None
    try:
        if document == RESULT_NAME:
            return entry_of_result(path, result_in(content, document)), status
        return entry_of_partial(path, partial_in(content, document)), status
    except StoreError as error:
        return _broken(path, str(error)), None


def _without_document(path: Path, run: FoundRun, processes: ProcessTable) -> CatalogueEntry:
    if run.error is not None:
        return _broken(path, f"the folder cannot be looked into: {run.error.strerror}")
    state = read_state(path)
    return entry_of_unfinished(path, state, why_unfinished_in(path, state, processes))


def _broken(path: Path, reason: str) -> CatalogueEntry:
    return CatalogueEntry(path=path, state="broken", reason=" ".join(reason.split()))
