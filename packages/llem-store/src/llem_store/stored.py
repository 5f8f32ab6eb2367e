"""A run that was saved."""

from dataclasses import dataclass
from pathlib import Path

from llem_contracts import ArrowTable
from llem_schema import ExperimentResult


@dataclass(frozen=True)
class FolderRun:
    """The `StoredRun` of `FolderStore`. Tables are read when asked for."""

    path: Path
    result: ExperimentResult

    def timeseries(self) -> ArrowTable | None:
        """The sample series; None where the run has none. Raises `StoreError`.

        Columns that a file of an older version lacks are there, with nothing read.
        """
        from llem_store.tables import read_samples

        return read_samples(self.path, self.result.timeseries)

    def requests(self) -> ArrowTable | None:
        """One row per request; None where the run has none. Raises `StoreError`."""
        from llem_store.tables import read_requests

        return read_requests(self.path, self.result.requests_file)
