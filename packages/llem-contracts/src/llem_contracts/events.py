"""Progress, as typed events. Between processes they travel as JSON lines."""

from functools import cache
from typing import Annotated, Literal, Protocol

from llem_schema import Model
from pydantic import Field, TypeAdapter


class RunStarted(Model):
    """An experiment begins."""

    type: Literal["run_started"] = "run_started"
    experiment_id: str
    model: str
    backend: str


class PhaseStarted(Model):
    """A phase begins. `total` counts `unit`s, where the amount of work is known."""

    type: Literal["phase_started"] = "phase_started"
    phase: str
    total: float | None = None
    unit: Literal["s", "runs", "requests"] | None = None


class PhaseProgress(Model):
    """A phase has come this far. `total` replaces the one that the phase started with."""

    type: Literal["phase_progress"] = "phase_progress"
    phase: str
    completed: float
    total: float | None = None


class PhaseFinished(Model):
    """A phase is over."""

    type: Literal["phase_finished"] = "phase_finished"
    phase: str
    duration_s: float


class PhaseSkipped(Model):
    """A phase does not take place."""

    type: Literal["phase_skipped"] = "phase_skipped"
    phase: str
    reason: str


class Notice(Model):
    """A remark that will stand in the result as a warning."""

    type: Literal["notice"] = "notice"
    code: str
    message: str


class RunSaved(Model):
    """The result is on disk."""

    type: Literal["run_saved"] = "run_saved"
    path: str


class RunFailed(Model):
    """The experiment ended without a result."""

    type: Literal["run_failed"] = "run_failed"
    error: str
    """Name of the error type."""
    message: str
    cure: str | None = None


Event = (
    RunStarted
    | PhaseStarted
    | PhaseProgress
    | PhaseFinished
    | PhaseSkipped
    | Notice
    | RunSaved
    | RunFailed
)


class EventListener(Protocol):
    """Takes events as they happen. It is called inside the measuring process: it must be quick."""

    def __call__(self, event: Event, /) -> None: ...


def event_from_json(line: str | bytes) -> Event:
    """Read one JSON line. Raises pydantic's `ValidationError` for anything else."""
    return _adapter().validate_json(line)


@cache
def _adapter() -> TypeAdapter[Event]:
    return TypeAdapter(Annotated[Event, Field(discriminator="type")])
