"""A run's folder while the run lasts.

append      timeseries.arrows grows            requests   requests.arrows grows
commit      *.parquet, then result.json: its presence says that the run is complete
abandon     *.parquet, then partial.json
"""

import contextlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from llem_contracts import Clock, RequestRecord, Sample, StoreError
from llem_schema import ExperimentResult, Model, WorkOrder

from llem_store.atomic import replacing
from llem_store.failure import cannot_write
from llem_store.partial import PARTIAL_NAME, PartialRun
from llem_store.stored import RESULT_NAME, FolderRun

if TYPE_CHECKING:
    from llem_store.stream import TableStream


class FolderRunHandle:
    """The `RunHandle` of `FolderStore`. One process writes to a run's folder."""

    timeseries_name = "timeseries.parquet"
    requests_name = "requests.parquet"

    def __init__(self, path: Path, order: WorkOrder, clock: Clock) -> None:
        """`path` is the run's own folder, which exists and is empty."""
        self.path = path
        self._order = order
        self._clock = clock
        self._samples: TableStream | None = None
        self._requests: TableStream | None = None

    def append(self, samples: Sequence[Sample]) -> None:
        """Add to the series. Raises `StoreError`; what was added before stays."""
        from llem_store.stream import TableStream
        from llem_store.tables import SAMPLES, samples_batch

        if not samples:
            return
        try:
            if self._samples is None:
                self._samples = TableStream(_stream(self.path / self.timeseries_name), SAMPLES)
            self._samples.append(samples_batch(samples))
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def requests(self, records: Iterable[RequestRecord]) -> None:
        """Add request records. Raises `StoreError`; what was added before stays."""
        from llem_store.stream import TableStream
        from llem_store.tables import REQUESTS, requests_batch

        rows = list(records)
        if not rows:
            return
        try:
            if self._requests is None:
                self._requests = TableStream(_stream(self.path / self.requests_name), REQUESTS)
            self._requests.append(requests_batch(rows))
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def commit(self, result: ExperimentResult) -> FolderRun:
        """Write the tables and then the result. Raises `StoreError`; a second try is allowed."""
        try:
            self._write_tables()
            self._write_document(RESULT_NAME, result)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        self._remove_streams()
        return FolderRun(self.path, result)

    def abandon(self, reason: str) -> Path | None:
        """End without a result; an empty folder goes, and None is returned.

        Nothing is done to a run that was committed. Never raises for a disk that refuses: there is
        an error on its way already, and the streams stay readable as they are.
        """
        if (self.path / RESULT_NAME).exists():
            return self.path
        if self._samples is None and self._requests is None:
            return self._remove_folder()
        try:
            self._write_tables()
            self._write_document(
                PARTIAL_NAME,
                PartialRun(
                    experiment_id=self._order.experiment_id,
                    config=self._order.config,
                    run_settings=self._order.settings,
                    reason=reason,
                    timeseries=self.timeseries_name if self._samples else None,
                    requests_file=self.requests_name if self._requests else None,
                    ended_at=datetime.fromtimestamp(self._clock.wall_ns() / 1e9, tz=UTC),
                ),
            )
        except OSError:
            self._close_streams()
            return self.path if self.path.is_dir() else None
        self._remove_streams()
        return self.path

    def _write_tables(self) -> None:
        from llem_store.tables import write_parquet

        for stream, name in (
            (self._samples, self.timeseries_name),
            (self._requests, self.requests_name),
        ):
            if stream is not None:
                write_parquet(stream.path, stream.schema, self.path / name)

    def _write_document(self, name: str, document: Model) -> None:
        try:
            text = document.model_dump_json(indent=2)
        except ValueError as error:  # text that is no UTF-8, such as a lone surrogate
            raise StoreError(
                f"the {name} of {self.path} cannot be written as JSON: {error}",
                cure="Remove the characters that are no valid text from the configuration.",
            ) from error
        with replacing(self.path / name) as file:
            file.write(text.encode() + b"\n")

    def _close_streams(self) -> None:
        for stream in (self._samples, self._requests):
            if stream is not None:
                stream.close()

    def _remove_streams(self) -> None:
        """The Parquet files hold everything; a stream that cannot be removed does no harm."""
        self._close_streams()
        for stream in (self._samples, self._requests):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.path.unlink()

    def _remove_folder(self) -> Path | None:
        try:
            self.path.rmdir()
        except OSError:
            return self.path if self.path.is_dir() else None
        return None


def _stream(table: Path) -> Path:
    return table.with_suffix(".arrows")
