"""The boundary `executor`: runs work orders somewhere, each in a process of its own.

    for outcome in executor.run(orders, listener):        orders are taken one by one
        ...                                               time to wait, or to `cancel`

Events come back while an order runs, its result by file: from an executor on another machine too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from llem_schema import WorkOrder

from llem_contracts.descriptor import Boundary, Descriptor
from llem_contracts.events import Event
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


class OrderListener(Protocol):
    """Takes the events of orders, several of which may run at once. It must be quick."""

    def __call__(self, experiment_id: str, event: Event, /) -> None: ...


class Executor(Protocol):
    """Runs orders; the death of one costs that one alone."""

    def problems(self, orders: Iterable[WorkOrder]) -> tuple[Problem, ...]:
        """Why these orders cannot be run here; runs nothing.

        An order without a results folder is always a problem, since its result would be lost.
        """
        ...

    def run(self, orders: Iterable[WorkOrder], listener: OrderListener) -> Iterator[OrderOutcome]:
        """Run the orders, which differ in `experiment_id`, and give each outcome as it comes.

        Takes the next order only when there is room for it, and room is made by asking for the
        next outcome: so the caller may wait between two. Every order that was taken has one
        outcome. Its events come while it runs, all of them before the outcome; the result is on
        disk before the event that says so.
        """
        ...

    def cancel(self) -> None:
        """Stop what runs, with time to save, and begin nothing more, for good.

        What is stopped ends as `interrupted`. Returns at once, while `run` goes on to give the
        outcomes; may be called by the listener, by a signal handler, from another thread.
        """
        ...


EXECUTORS = Boundary("llem.executors", "executor", Descriptor)
