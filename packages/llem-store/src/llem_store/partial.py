"""What is left of a run that ended without a result."""

from pathlib import Path

from llem_contracts import StoreError
from llem_schema import (
    DocumentError,
    ExperimentConfig,
    Model,
    Moment,
    RunSettings,
    Version1,
    document_from_json,
)
from pydantic import ValidationError

from llem_store.layout import PARTIAL_NAME

_AGAIN = "Run the experiment again."


class PartialRecord(Model):
    """Marks a run's folder as partial: `partial.json`, in the place of `result.json`."""

    schema_version: Version1 = 1
    experiment_id: str
    config: ExperimentConfig
    run_settings: RunSettings
    reason: str
    """Why there is no result."""
    phase: str | None = None
    """The phase that it came to."""
    timeseries: str | None
    """File of the samples taken until the end; None where none were taken."""
    requests_file: str | None
    started_at: Moment | None = None
    ended_at: Moment


def read_partial(file: Path) -> PartialRecord:
    """The record in a `partial.json`. Raises `StoreError`."""
    try:
        return partial_in(file.read_bytes(), str(file))
    except OSError as error:
        raise StoreError(
            f"{file.parent} is a partial run, and its {PARTIAL_NAME} cannot be read",
            cure=_AGAIN,
        ) from error


def partial_in(content: bytes, name: str) -> PartialRecord:
    """The record in a file's content; `name` is what the `StoreError` calls the file."""
    try:
        return document_from_json(content, PartialRecord, "partial run")
    except DocumentError as error:
        raise StoreError(f"{name}: {error.message}", cure=error.cure or _AGAIN) from error
    except (ValidationError, RecursionError) as error:
        raise StoreError(f"{name} is no account of a partial run", cure=_AGAIN) from error
