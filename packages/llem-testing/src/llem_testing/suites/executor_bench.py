"""What the executor suite needs beside an executor: orders whose course the author has prepared.

def order(self, experiment_id, course):     # the author's part
    ... an order whose backend does what `course` says, in the process that runs it ...
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from pathlib import Path
from typing import Literal

import pytest
from llem_contracts import Executor, Store
from llem_schema import WorkOrder

Course = Literal["completes", "fails", "dies", "lasts"]
"""What an order does where it is run: it completes; it `fails` with an error of llem's; its process
`dies` (a signal, memory, the device); it `lasts` until it is stopped, a minute at most, and
completes then."""


class ExecutorBench(ABC):
    """An executor and orders for it. Fresh for every test."""

    room: int | None = 1
    """Orders that it may have taken beyond those whose outcome was given; None: any number."""
    failure: str = "the fan fell off"
    """Words of the error of an order that fails."""
    death: str = "SIGKILL"
    """Words that the reason of a death holds."""

    def __init__(self, *, executor: Executor, store: Store, results: Path) -> None:
        """`results`: the folder below which all orders save. `store` loads from there."""
        self.executor = executor
        self.store = store
        self.results = results

    @abstractmethod
    def order(self, experiment_id: str, course: Course) -> WorkOrder:
        """An order that takes this course."""

    @abstractmethod
    def kept(self, order: WorkOrder) -> bool:
        """Oracle: whether what an order measured lies in `results`, as a result or as a partial
        run that says why. It reads files alone."""

    def process_of(self, order: WorkOrder) -> Hashable:
        """Oracle: what tells the process in which an order has run from any other."""
        pytest.skip("this bench cannot tell processes apart")

    def with_time_limit(self) -> Executor:
        """The same kind of executor, which stops an order long before one that `lasts` is over."""
        pytest.skip("this executor has no time limit")

    def orders(self, *courses: Course) -> list[WorkOrder]:
        """Orders that take these courses, under the ids `order-1`, `order-2` ..."""
        return [self.order(f"order-{number}", course) for number, course in enumerate(courses, 1)]
