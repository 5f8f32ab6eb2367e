"""A bench of the scripted executor: how the executor suite is run on it, and on those around it."""

from collections.abc import Callable, Hashable
from pathlib import Path

from llem_contracts import Executor, Store, StoreError
from llem_schema import WorkOrder

from llem_testing.cases import example_order
from llem_testing.clock import FakeClock
from llem_testing.executor import OrderScript, ScriptedExecutor
from llem_testing.suites.executor_bench import Course, ExecutorBench


class ScriptedExecutorBench(ExecutorBench):
    """Orders on a fake clock, whose results go to a store."""

    def __init__(
        self,
        store: Store,
        results: Path,
        around: Callable[[ScriptedExecutor], Executor] = lambda executor: executor,
        *,
        room: int = 1,
    ) -> None:
        """`around`: makes of the scripted executor the one under test."""
        self.room = room
        self._around = around
        self._clock = FakeClock()
        self._scripts: dict[str, OrderScript] = {}
        self.scripted = ScriptedExecutor(store, self._clock, self._scripts, room=room)
        super().__init__(executor=around(self.scripted), store=store, results=results)

    def order(self, experiment_id: str, course: Course) -> WorkOrder:
        script = {
            "completes": OrderScript(),
            "fails": OrderScript("fails", message=self.failure),
            "dies": OrderScript("dies", message=self.death),
            "lasts": OrderScript(lasts_s=60.0),
        }
        self._scripts[experiment_id] = script[course]
        order = example_order(self.results, random_seed=len(self._scripts))
        return order.model_copy(update={"experiment_id": experiment_id})

    def kept(self, order: WorkOrder) -> bool:
        return any(_is_kept(self.store, folder) for folder in self.results.iterdir())

    def process_of(self, order: WorkOrder) -> Hashable:
        return self.scripted.processes[order.experiment_id]

    def with_time_limit(self) -> Executor:
        return self._around(
            ScriptedExecutor(
                self.store, self._clock, self._scripts, room=self.room or 1, timeout_s=5.0
            )
        )


def _is_kept(store: Store, folder: Path) -> bool:
    """Whether the store loads the folder, or refuses it as that of an order that was stopped."""
    try:
        store.load(folder)
    except StoreError as error:
        return "cancelled" in str(error)
    return True
