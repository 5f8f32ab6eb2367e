"""A run that was saved."""

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from llem_contracts import ArrowTable, StoreError
from llem_schema import ExperimentResult

if TYPE_CHECKING:
    import pyarrow as pa

RESULT_NAME = "result.json"


@dataclass(frozen=True)
class FolderRun:
    """The `StoredRun` of `FolderStore`. Tables are read when asked for."""

    path: Path
    result: ExperimentResult

    def timeseries(self) -> ArrowTable | None:
        """The sample series; None where the run has none. Raises `StoreError`.

        Columns that a file of an older version lacks are there, with nothing read.
        """
        from llem_store.tables import with_columns_of_samples

        table = self._table(self.result.timeseries)
        return None if table is None else with_columns_of_samples(table)

    def requests(self) -> ArrowTable | None:
        """One row per request; None where the run has none. Raises `StoreError`."""
        return self._table(self.result.requests_file)

    def _table(self, name: str | None) -> "pa.Table | None":
        import pyarrow as pa
        import pyarrow.parquet as pq

        if name is None:
            return None
        if name != PurePath(name).name:
            raise StoreError(
                f"the result in {self.path} names {name!r}, which is outside its folder",
                cure="Take the result from where it was made.",
            )
        try:
            table: pa.Table = pq.ParquetFile(self.path / name).read()
        except FileNotFoundError as error:
            raise StoreError(
                f"the result in {self.path} names {name}, which is not there",
                cure=f"Copy {name} into the folder too.",
            ) from error
        except (OSError, pa.ArrowException) as error:
            raise StoreError(
                f"{self.path / name} cannot be read: {error}",
                cure="Take it from a copy of the run, or run again.",
            ) from error
        return table
