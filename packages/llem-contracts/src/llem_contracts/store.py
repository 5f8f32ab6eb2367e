"""The boundary `store`: results on disk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from llem_schema import ExperimentConfig, ExperimentResult, RunStateName, WorkOrder

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


class PartialRun(Protocol):
    """A run without a result: it ended early, was killed, or is still going on."""

    @property
    def path(self) -> Path:
        """The run's folder."""
        ...

    @property
    def reason(self) -> str:
        """Why there is no result."""
        ...

    @property
    def state(self) -> RunStateName | None:
        """How far it has come; `failed` where it is over. None where the folder does not say."""
        ...

    @property
    def phase(self) -> str | None:
        """The phase that it came to; None before the first, or where the folder does not say."""
        ...

    @property
    def config(self) -> ExperimentConfig | None:
        """None where the folder does not say."""
        ...

    def timeseries(self) -> ArrowTable | None:
        """The samples until now, or until the end; None where there are none."""
        ...

    def requests(self) -> ArrowTable | None:
        """The requests until now, or until the end; None where there are none."""
        ...


@dataclass(frozen=True, slots=True)
class DeadRun:
    """A run whose process had ended without a word, and which was cleaned up."""

    path: Path
    phase: str | None
    """The phase that it had come to."""
    kept: bool
    """What it measured is kept, as a partial run; False where there was nothing, and the folder is
    gone."""


class RunHandle(Protocol):
    """A run's folder while the run lasts. Ends with `commit` or with `abandon`.

    `append` and `requests` may come from another thread than the rest; never both at once, but also
    while `state` goes on.
    """

    @property
    def path(self) -> Path: ...

    @property
    def timeseries_name(self) -> str:
        """Name that the series will have beside the result."""
        ...

    @property
    def requests_name(self) -> str: ...

    def state(self, state: RunStateName, phase: str) -> None:
        """Say how far the run is. Takes the place of what was said before, whole or not at all.

        Raises `StoreError` where it cannot be written; what was said before stays.
        """
        ...

    def append(self, samples: Sequence[Sample]) -> None:
        """Add to the series; what was added survives a crash of this process."""
        ...

    def requests(self, records: Iterable[RequestRecord]) -> None:
        """Add request records; what was added survives a crash of this process."""
        ...

    def commit(self, result: ExperimentResult) -> StoredRun:
        """Write the result; from then on the run is complete, and its state is not kept. All or
        nothing.

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
        several processes ask at once. The run's state is `initialising` from then on.

        Raises `StoreError` where it cannot be made.
        """
        ...

    def clean_up(self, results_dir: Path) -> tuple[DeadRun, ...]:
        """Make partial runs of those right below a folder whose process is gone, and remove those
        of them that hold nothing. What it tells of once it does not tell of again.

        A process of another machine, or of one that cannot be looked at, is never taken for gone.
        Raises nothing: what cannot be changed stays as it is.
        """
        ...

    def load(self, path: Path) -> StoredRun:
        """A saved run, from its folder, its `result.json`, or the JSON that the CLI prints.

        Raises `StoreError` for anything else, with what is wrong with it.
        """
        ...

    def load_partial(self, path: Path) -> PartialRun:
        """What there is of a run without a result, from its folder.

        Raises `StoreError` for a complete run and for anything else.
        """
        ...

    def catalogue(self, folder: Path) -> tuple[CatalogueEntry, ...]:
        """All runs in a folder and below it, sorted by path; also those without a result, and those
        whose file is broken. Always what the files say at this moment; writes nothing there.

        Raises `StoreError` for what is no folder, or cannot be listed.
        """
        ...


STORES = Boundary("llem.stores", "store", Descriptor)
