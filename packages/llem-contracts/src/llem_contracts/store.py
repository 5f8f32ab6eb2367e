"""The boundary `store`: results on disk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from llem_schema import ExperimentResult, WorkOrder

from llem_contracts.catalogue import CatalogueEntry
from llem_contracts.descriptor import Boundary, Descriptor
from llem_contracts.problem import Problem
from llem_contracts.sample import Sample


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request. Times are `time.monotonic_ns`."""

    pass_index: int
    """Number of the pass over the prompts, from 0."""
    request: int
    """Position of the prompt in its pass."""
    batch: int
    input_tokens: int
    padded_tokens: int
    output_tokens: int
    discarded_tokens: int
    start_ns: int
    first_token_ns: int | None
    """None where the times of the steps were not taken."""
    end_ns: int
    token_ns: tuple[int, ...]
    """Empty where the times of the steps were not taken."""
    measured: bool = True
    """Lies in the window whose energy was read, not in a pass of its own for the latencies."""
    process: int = 0
    """Number of the copy of the model that computed it."""


class ArrowTable(Protocol):
    """A table that Arrow libraries take as it is; in the base install a `pyarrow.Table`."""

    @property
    def num_rows(self) -> int: ...

    @property
    def column_names(self) -> list[str]: ...

    def to_pylist(self) -> list[dict[str, Any]]: ...

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class StoredRun(Protocol):
    """A run that was saved."""

    @property
    def path(self) -> Path:
        """The run's folder."""
        ...

    @property
    def result(self) -> ExperimentResult: ...

    def timeseries(self) -> ArrowTable | None:
        """The sample series; None where the run has none."""
        ...

    def requests(self) -> ArrowTable | None:
        """One row per request; None where the run has none."""
        ...


class RunHandle(Protocol):
    """A run's folder while the run lasts. Ends with `commit` or with `abandon`."""

    @property
    def path(self) -> Path: ...

    @property
    def timeseries_name(self) -> str:
        """Name that the series will have beside the result."""
        ...

    @property
    def requests_name(self) -> str: ...

    def append(self, samples: Sequence[Sample]) -> None:
        """Add to the series; what was added survives a crash of this process."""
        ...

    def requests(self, records: Iterable[RequestRecord]) -> None:
        """Add request records."""
        ...

    def commit(self, result: ExperimentResult) -> StoredRun:
        """Write the result; from then on the run is complete. All or nothing.

        Raises `StoreError` where it cannot be written; what was appended stays.
        """
        ...

    def abandon(self, reason: str) -> Path | None:
        """End without a result. Keeps what was appended, marked as partial with the reason, and
        returns the folder; removes an empty folder and returns None."""
        ...


class Store(Protocol):
    """Keeps runs."""

    def problems(self, results_dir: Path) -> tuple[Problem, ...]:
        """Why nothing can be written there; creates nothing."""
        ...

    def begin(self, order: WorkOrder) -> RunHandle:
        """Make a new folder under `order.settings.results_dir`; never an existing one, also when
        several processes ask at once. Raises `StoreError` where it cannot be made."""
        ...

    def load(self, path: Path) -> StoredRun:
        """A saved run, from its folder, its `result.json`, or the JSON that the CLI prints.

        Raises `StoreError` for anything else, with what is wrong with it.
        """
        ...

    def catalogue(self, folder: Path) -> tuple[CatalogueEntry, ...]:
        """All runs in a folder and below it, sorted by path; also those without a result, and those
        whose file is broken. Always what the files say at this moment; writes nothing there.

        Raises `StoreError` for what is no folder, or cannot be listed.
        """
        ...


STORES = Boundary("llem.stores", "store", Descriptor)
