"""A run's folder while the run lasts.

begin       state.json: initialising           state      state.json anew
append      timeseries.arrows grows            requests   requests.arrows grows
commit      *.parquet, then result.json: its presence says that the run is complete
abandon     state.json: failed, *.parquet, then partial.json

At the end `state.json` and the streams go: the other files hold everything.
"""

import contextlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from llem_contracts import Clock, RequestRecord, Sample, StoreError
from llem_schema import (
    ExperimentResult,
    RunState,
    RunStateName,
    WorkOrder,
    measurement_config_hash,
)

from llem_store.document import write_document
from llem_store.failure import cannot_write
from llem_store.layout import (
    PARTIAL_NAME,
    REQUESTS_NAME,
    RESULT_NAME,
    STATE_NAME,
    TIMESERIES_NAME,
)
from llem_store.partial import PartialRecord
from llem_store.processes import ProcessTable
from llem_store.state import write_state
from llem_store.stored import FolderRun
from llem_store.unfinished import as_stream

if TYPE_CHECKING:
    from llem_store.stream import TableStream


class FolderRunHandle:
    """The `RunHandle` of `FolderStore`. One process writes to a run's folder."""

    timeseries_name = TIMESERIES_NAME
    requests_name = REQUESTS_NAME

    def __init__(
        self, path: Path, order: WorkOrder, clock: Clock, processes: ProcessTable | None = None
    ) -> None:
        """`path` is the run's own folder, which exists and is empty."""
        # Here, while there is one thread: `append` may come from another one.
        import llem_store.stream
        import llem_store.tables  # noqa: F401

        self.path = path
        self._order = order
        self._clock = clock
        self._samples: TableStream | None = None
        self._requests: TableStream | None = None
        now = self._now()
        self._state = RunState(
            state="initialising",
            phase=None,
            reason=None,
            measurement_config_hash=measurement_config_hash(order.config),
            process=(processes or ProcessTable()).this_one(),
            started_at=now,
            updated_at=now,
            order=order,
        )

    def begin(self) -> None:
        """Write the first state. Raises `StoreError`."""
        self._write_state({})

    def state(self, state: RunStateName, phase: str) -> None:
        """Say how far the run is. Raises `StoreError`; what was said before stays."""
        self._write_state({"state": state, "phase": phase})

    def append(self, samples: Sequence[Sample]) -> None:
        """Add to the series. Raises `StoreError`; what was added before stays."""
        from llem_store.stream import TableStream
        from llem_store.tables import SAMPLES, samples_batch

        if not samples:
            return
        try:
            if self._samples is None:
                self._samples = TableStream(self.path / as_stream(self.timeseries_name), SAMPLES)
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
                self._requests = TableStream(self.path / as_stream(self.requests_name), REQUESTS)
            self._requests.append(requests_batch(rows))
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def commit(self, result: ExperimentResult) -> FolderRun:
        """Write the tables and then the result. Raises `StoreError`; a second try is allowed."""
        try:
            self._write_tables()
            write_document(self.path / RESULT_NAME, result)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        self._remove_what_was_for_the_run()
        return FolderRun(self.path, result)

    def abandon(self, reason: str) -> Path | None:
        """End without a result; a folder without anything measured goes, and None is returned.

        Nothing is done to a run that was committed. Never raises for a disk that refuses: there is
        an error on its way already, and the streams stay readable as they are.
        """
        if (self.path / RESULT_NAME).exists():
            return self.path
        if self._samples is None and self._requests is None:
            return self._remove_folder()
        with contextlib.suppress(StoreError):
            # At once: whoever ends the run may not wait until its tables are written.
            self._write_state({"state": "failed", "reason": reason})
        try:
            self._write_tables()
            write_document(
                self.path / PARTIAL_NAME,
                PartialRecord(
                    experiment_id=self._order.experiment_id,
                    config=self._order.config,
                    run_settings=self._order.settings,
                    reason=reason,
                    phase=self._state.phase,
                    timeseries=self.timeseries_name if self._samples else None,
                    requests_file=self.requests_name if self._requests else None,
                    started_at=self._state.started_at,
                    ended_at=self._now(),
                ),
            )
        except (OSError, StoreError):
            self._close_streams()
            return self.path if self.path.is_dir() else None
        self._remove_what_was_for_the_run()
        return self.path

    def _write_tables(self) -> None:
        from llem_store.tables import write_parquet

        for stream, name in (
            (self._samples, self.timeseries_name),
            (self._requests, self.requests_name),
        ):
            if stream is not None:
                write_parquet(stream.path, stream.schema, self.path / name)

    def _write_state(self, change: dict[str, str]) -> None:
        state = self._state.model_copy(update={**change, "updated_at": self._now()})
        try:
            write_state(self.path, state)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        self._state = state

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.wall_ns() / 1e9, tz=UTC)

    def _close_streams(self) -> None:
        for stream in (self._samples, self._requests):
            if stream is not None:
                stream.close()

    def _remove_what_was_for_the_run(self) -> None:
        """Other files hold everything; what cannot be removed does no harm."""
        self._close_streams()
        for file in (*self._streams(), self.path / STATE_NAME):
            with contextlib.suppress(OSError):
                file.unlink()

    def _streams(self) -> list[Path]:
        return [stream.path for stream in (self._samples, self._requests) if stream is not None]

    def _remove_folder(self) -> Path | None:
        try:
            (self.path / STATE_NAME).unlink(missing_ok=True)
            self.path.rmdir()
        except OSError:
            return self.path if self.path.is_dir() else None
        return None
