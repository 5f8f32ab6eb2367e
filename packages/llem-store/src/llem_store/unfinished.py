"""Runs without a result: why there is none, and what there is instead."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath

from llem_contracts import ArrowTable, StoreError
from llem_schema import ExperimentConfig, RunState, RunStateName

from llem_store.layout import (
    PARTIAL_NAME,
    REQUESTS_NAME,
    RESULT_NAME,
    STATE_NAME,
    STREAM_SUFFIX,
    TIMESERIES_NAME,
)
from llem_store.partial import read_partial
from llem_store.processes import ProcessTable
from llem_store.state import read_state

_DOING = {
    "initialising": "initialising",
    "measuring": "measuring",
    "done": "being saved",
    "failed": "being kept after it failed",
}


@dataclass(frozen=True)
class FolderPartialRun:
    """The `PartialRun` of `FolderStore`. Tables are read when asked for."""

    path: Path
    reason: str
    state: RunStateName | None
    phase: str | None
    config: ExperimentConfig | None
    timeseries_file: str | None
    requests_file: str | None

    def timeseries(self) -> ArrowTable | None:
        """The samples; None where there are none. Raises `StoreError`."""
        from llem_store.tables import read_samples

        return read_samples(self.path, self.timeseries_file)

    def requests(self) -> ArrowTable | None:
        """The requests; None where there are none. Raises `StoreError`."""
        from llem_store.tables import read_requests

        return read_requests(self.path, self.requests_file)


def load_partial(path: str | Path, processes: ProcessTable | None = None) -> FolderPartialRun:
    """What there is of a run that has no result, from its folder or a file in it.

    Raises `StoreError` for a complete run, which `load_result` loads, and for anything else.
    """
    folder = Path(path)
    if folder.name in (PARTIAL_NAME, STATE_NAME):
        folder = folder.parent
    if (folder / RESULT_NAME).exists():
        raise StoreError(f"{folder} is complete", cure="`load_result` loads a complete run.")
    if (folder / PARTIAL_NAME).exists():
        left = read_partial(folder / PARTIAL_NAME)
        return FolderPartialRun(
            folder,
            left.reason,
            "failed",
            left.phase,
            left.config,
            left.timeseries,
            left.requests_file,
        )
    state = read_state(folder)
    tables = {name: as_stream(name) for name in (TIMESERIES_NAME, REQUESTS_NAME)}
    there = {name: stream for name, stream in tables.items() if (folder / stream).exists()}
    if state is None and not there:
        raise StoreError(
            f"{folder} is no run", cure="Give the folder of a run that has no result yet."
        )
    return FolderPartialRun(
        folder,
        why_unfinished_in(folder, state, processes or ProcessTable()),
        state.state if state else None,
        state.phase if state else None,
        state.order.config if state else None,
        there.get(TIMESERIES_NAME),
        there.get(REQUESTS_NAME),
    )


def why_unfinished_in(folder: Path, state: RunState | None, processes: ProcessTable) -> str:
    """Why a folder has neither a result nor an account of a partial run."""
    gone = processes.is_gone(state.process) if state else None
    return (
        f"{why_unfinished(state, gone=gone)}; "
        f"it last wrote at {last_written(folder):%Y-%m-%d %H:%M:%S} UTC"
    )


def why_unfinished(state: RunState | None, *, gone: bool | None) -> str:
    """Why there is no result. `gone`: whether the process is; None where that cannot be told."""
    if state is None:
        return "the run was killed, or is still going on"
    phase = f", in the phase {state.phase}" if state.phase else ""
    doing = f"{_DOING[state.state]}{phase}"
    if gone:
        return f"its process ended without a word while it was {doing}"
    if gone is None:
        who = f"process {state.process.pid} of {state.process.host}"
        return f"the run was killed, or is still {doing}, as {who}"
    return f"the run is still {doing}, as process {state.process.pid}"


def last_written(folder: Path) -> datetime:
    """When a run without an end last wrote."""
    files = (STATE_NAME, *map(as_stream, (TIMESERIES_NAME, REQUESTS_NAME)))
    latest = max(_changed_ns(folder / name) for name in files)
    return datetime.fromtimestamp(latest // 1_000_000_000, tz=UTC)


def as_stream(table: str) -> str:
    """Name of the file in which a table grows."""
    return str(PurePath(table).with_suffix(STREAM_SUFFIX))


def _changed_ns(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
