"""An executor whose orders take the course that a script says."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from llem_contracts import (
    Clock,
    Event,
    OrderListener,
    OrderOutcome,
    PhaseFinished,
    PhaseProgress,
    PhaseStarted,
    Problem,
    RunFailed,
    RunHandle,
    RunSaved,
    RunStarted,
    Store,
)
from llem_schema import ExperimentResult, WorkOrder, measurement_config_hash

from llem_testing.cases import example_requests, example_samples
from llem_testing.result_cases import example_result

_STEP_S = 1.0

_Unfinished = Literal["failed", "interrupted", "timed_out"]


@dataclass(frozen=True)
class OrderScript:
    """What becomes of an order."""

    ending: Literal["completes", "fails", "dies"] = "completes"
    """`fails`: with an error that it tells of; `dies`: without another word."""
    lasts_s: float = 1.0
    message: str = "the fan fell off"
    """Of the error, or what killed it."""


class ScriptedExecutor:
    """An `Executor` that measures nothing and saves example results.

    Up to `room` orders go on side by side, a step of one second each in turn; there are no threads
    and no processes. An order that is not in `scripts` completes after a second.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        scripts: Mapping[str, OrderScript] | None = None,
        *,
        room: int = 1,
        timeout_s: float | None = None,
    ) -> None:
        """`scripts` by `experiment_id`, looked up when the order begins."""
        self.processes: dict[str, int] = {}
        """A number for the process that each order would have had, by `experiment_id`."""
        self._store = store
        self._clock = clock
        self._scripts = {} if scripts is None else scripts
        self._room = room
        self._timeout_s = timeout_s
        self._cancelled = False

    def problems(self, orders: Iterable[WorkOrder]) -> tuple[Problem, ...]:
        return tuple(
            Problem(
                code="no_results_folder",
                message=f"the order {order.experiment_id} names no folder for its result",
                cure="Set `settings.results_dir`.",
            )
            for order in orders
            if order.settings.results_dir is None
        )

    def run(self, orders: Iterable[WorkOrder], listener: OrderListener) -> Iterator[OrderOutcome]:
        waiting = iter(orders)
        running: list[_Course] = []
        while True:
            while len(running) < self._room and not self._cancelled:
                order = next(waiting, None)
                if order is None:
                    break
                running.append(self._course(order, _told_by(order, listener)))
            if not running:
                return
            for course in list(running):
                outcome = _step(course)
                if outcome is not None:
                    running.remove(course)
                    yield outcome
            if running:
                self._clock.sleep(_STEP_S)

    def cancel(self) -> None:
        self._cancelled = True

    def _course(self, order: WorkOrder, tell: Callable[[Event], None]) -> "_Course":
        """What an order does, up to each of its steps; in the end its outcome."""
        if stopped := self._stopped(0.0):
            return _without_result(order, *stopped)
        script = self._scripts.get(order.experiment_id, OrderScript())
        self.processes[order.experiment_id] = len(self.processes) + 1
        tell(
            RunStarted(
                experiment_id=order.experiment_id,
                model=order.config.model,
                backend=order.config.backend,
            )
        )
        handle = self._store.begin(order)
        handle.append(example_samples())
        tell(PhaseStarted(phase="measure", total=script.lasts_s, unit="s"))
        passed_s = 0.0
        while passed_s < script.lasts_s:
            if stopped := self._stopped(passed_s):
                handle.abandon(stopped[1])
                return _without_result(order, *stopped)
            yield
            passed_s += _STEP_S
            tell(PhaseProgress(phase="measure", completed=min(passed_s, script.lasts_s)))
        tell(PhaseFinished(phase="measure", duration_s=passed_s))
        if script.ending == "dies":
            return _without_result(order, "failed", script.message)
        if script.ending == "fails":
            handle.abandon(script.message)
            tell(RunFailed(error="ExperimentError", message=script.message))
            return _without_result(order, "failed", script.message)
        handle.requests(example_requests())
        path = handle.commit(_result(order, handle)).path
        tell(RunSaved(path=str(path)))
        return OrderOutcome(
            experiment_id=order.experiment_id, status="completed", path=path, reason=None
        )

    def _stopped(self, passed_s: float) -> tuple[_Unfinished, str] | None:
        """How an order that has run so long ends here, and why; None where it goes on."""
        if self._cancelled:
            return "interrupted", "cancelled"
        if self._timeout_s is not None and passed_s >= self._timeout_s:
            return "timed_out", f"it took longer than {self._timeout_s:g} s"
        return None


_Course = Generator[None, None, OrderOutcome]


def _step(course: _Course) -> OrderOutcome | None:
    """Let an order do its next step; its outcome where that was the last one."""
    try:
        next(course)
    except StopIteration as end:
        outcome: OrderOutcome = end.value
        return outcome
    return None


def _told_by(order: WorkOrder, listener: OrderListener) -> Callable[[Event], None]:
    return lambda event: listener(order.experiment_id, event)


def _without_result(order: WorkOrder, status: _Unfinished, reason: str) -> OrderOutcome:
    return OrderOutcome(experiment_id=order.experiment_id, status=status, path=None, reason=reason)


def _result(order: WorkOrder, handle: RunHandle) -> ExperimentResult:
    return example_result(
        experiment_id=order.experiment_id,
        config=order.config,
        measurement_config_hash=measurement_config_hash(order.config),
        run_settings=order.settings,
        timeseries=handle.timeseries_name,
        requests_file=handle.requests_name,
    )
