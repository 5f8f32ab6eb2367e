"""What the tests of the store suite share: hooks, oracles, runs and rows."""

from pathlib import Path
from typing import Any

from llem_contracts import ArrowTable, RunHandle, Store, StoredRun
from llem_schema import ExperimentResult

from llem_testing.cases import example_requests, example_samples
from llem_testing.result_cases import example_result
from llem_testing.suites.base import ContractSuite


class StoreBench(ContractSuite):
    """The hooks of `StoreSuite`. A subclass gives `make_store` and the oracles."""

    def make_store(self) -> Store:
        """A new store; two of them share nothing but the disk. Where the folder's name depends on
        the time, the clock should stand still: it makes names collide."""
        raise NotImplementedError

    def surviving_samples(self, folder: Path) -> int:
        """Oracle: samples of a run without a result that its folder gives back at this instant.

        It reads files alone and knows nothing of the handle: what it finds has left the process,
        and no death of the process takes it.
        """
        raise NotImplementedError

    def state_file(self, folder: Path) -> Path:
        """Oracle: the file with the `RunState` of a run that goes on, as JSON."""
        raise NotImplementedError


def below_a_file(folder: Path) -> Path:
    """A place that cannot come into being."""
    (folder / "file").write_text("in the way")
    return folder / "file" / "results"


def result_of(handle: RunHandle) -> ExperimentResult:
    """A result that names both tables."""
    return example_result(timeseries=handle.timeseries_name, requests_file=handle.requests_name)


def saved(handle: RunHandle) -> StoredRun:
    """The run, complete."""
    handle.append(example_samples())
    handle.requests(example_requests())
    return handle.commit(result_of(handle))


def rows_of(table: ArrowTable | None) -> list[dict[str, Any]]:
    """The rows of a table that is there, and that is of one mind about itself."""
    assert table is not None
    rows = table.to_pylist()
    assert len(rows) == table.num_rows
    assert all(list(row) == table.column_names for row in rows)
    return rows
