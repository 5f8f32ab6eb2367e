"""The boundary `executor`: runs work orders somewhere, each in a process of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from llem_schema import WorkOrder

from llem_contracts.descriptor import Boundary, Descriptor
from llem_contracts.events import EventListener
from llem_contracts.problem import Problem


@dataclass(frozen=True, kw_only=True)
class OrderOutcome:
    """How one order ended. The truth about a completed one is the result in `path`."""

    experiment_id: str
    status: Literal["completed", "failed", "interrupted", "timed_out"]
    path: Path | None
    """Folder of the result; None unless completed."""
    reason: str | None
    """Why there is no result: the error, the signal, the time that ran out."""


class Executor(Protocol):
    """Runs orders; the death of one costs that one alone."""

    def problems(self, orders: Iterable[WorkOrder]) -> tuple[Problem, ...]:
        """Why these orders cannot be run here."""
        ...

    def run(self, orders: Iterable[WorkOrder], listener: EventListener) -> Iterator[OrderOutcome]:
        """Run the orders and give each outcome as it comes. Takes the next order only when there
        is room for it, so that the caller may wait between two."""
        ...

    def cancel(self) -> None:
        """Stop what runs, with time to save; what is stopped ends as `interrupted`."""
        ...


EXECUTORS = Boundary("llem.executors", "executor", Descriptor)
