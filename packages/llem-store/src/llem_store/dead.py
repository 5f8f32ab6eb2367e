"""Cleaning up after runs whose process is gone."""

import contextlib
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from llem_contracts import DeadRun, StoreError
from llem_schema import RunState

from llem_store.atomic import is_temporary, remove_temporaries
from llem_store.document import write_document
from llem_store.layout import (
    PARTIAL_NAME,
    REQUESTS_NAME,
    RESULT_NAME,
    STATE_NAME,
    TIMESERIES_NAME,
)
from llem_store.naming import begun_at
from llem_store.partial import PartialRecord
from llem_store.processes import ProcessTable
from llem_store.state import read_state
from llem_store.unfinished import as_stream, last_written, why_unfinished

_TABLES = (TIMESERIES_NAME, REQUESTS_NAME)
_BEGINNING = timedelta(hours=1)
"""A run writes its state as soon as it has a folder; so much for machines whose clocks differ."""


def clean_up(results_dir: Path, processes: ProcessTable, wall_ns: int) -> tuple[DeadRun, ...]:
    """See `Store.clean_up`. Costs one attempt to open a file for each folder there.

    A run that was killed before it could write who it is left a folder of its name with nothing in
    it; that goes an hour later.

    Streams stay as they are: turning them into Parquet is not the next run's work.
    """
    try:
        with os.scandir(results_dir) as listing:
            names = sorted(entry.name for entry in listing if entry.is_dir(follow_symlinks=False))
    except OSError:
        return ()
    latest = datetime.fromtimestamp(wall_ns / 1e9, tz=UTC) - _BEGINNING
    found = [_cleaned(results_dir.absolute() / name, processes, latest) for name in names]
    return tuple(run for run in found if run is not None)


def _cleaned(folder: Path, processes: ProcessTable, latest: datetime) -> DeadRun | None:
    """The dead run that a folder was, if it was one and could be changed. `latest`: that without a
    state it began by then."""
    state = read_state(folder)
    try:
        if state is None:
            return _without_state(folder, latest)
        if not processes.is_gone(state.process):
            return None
        remove_temporaries(folder)
        if (folder / RESULT_NAME).exists() or (folder / PARTIAL_NAME).exists():
            # It had come to its end all the same.
            _remove(folder, [name for name in _TABLES if (folder / name).exists()])
            return None
        tables = {name: _kept(folder, name) for name in _TABLES}
        if not any(tables.values()):
            _remove(folder, _TABLES)
            with contextlib.suppress(OSError):  # what a stranger put there stays
                folder.rmdir()
            return DeadRun(folder, state.phase, kept=False)
        write_document(folder / PARTIAL_NAME, _record(folder, state, tables))
        _remove(folder, [])
    except (OSError, StoreError):
        return None
    return DeadRun(folder, state.phase, kept=True)


def _without_state(folder: Path, latest: datetime) -> DeadRun | None:
    begun = begun_at(folder.name)
    if begun is None or begun > latest:
        return None
    if not all(is_temporary(file.name) for file in folder.iterdir()):
        return None
    remove_temporaries(folder)
    folder.rmdir()
    return DeadRun(folder, None, kept=False)


def _record(folder: Path, state: RunState, tables: dict[str, str | None]) -> PartialRecord:
    return PartialRecord(
        experiment_id=state.order.experiment_id,
        config=state.order.config,
        run_settings=state.order.settings,
        reason=state.reason or why_unfinished(state, gone=True),
        phase=state.phase,
        timeseries=tables[TIMESERIES_NAME],
        requests_file=tables[REQUESTS_NAME],
        started_at=state.started_at,
        ended_at=last_written(folder),
    )


def _kept(folder: Path, table: str) -> str | None:
    """The file that holds a table: Parquet where it came to that, else the stream with rows."""
    from llem_store.stream import read_batches

    if (folder / table).exists():
        return table
    stream = as_stream(table)
    with contextlib.suppress(FileNotFoundError):
        if any(batch.num_rows for batch in read_batches(folder / stream)):
            return stream
    return None


def _remove(folder: Path, tables: Iterable[str]) -> None:
    """Remove the streams of these tables, and the state."""
    for name in (*map(as_stream, tables), STATE_NAME):
        (folder / name).unlink(missing_ok=True)
