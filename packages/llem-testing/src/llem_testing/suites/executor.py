"""The contract of an executor.

    class TestMyExecutor(ExecutorSuite):
        def make_bench(self, folder: Path) -> ExecutorBench:
            return MyBench(folder)

The bench prepares orders that complete, fail, die or last; the suite sees what the executor makes
of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from llem_contracts import (
    Event,
    Executor,
    OrderListener,
    OrderOutcome,
    PhaseStarted,
    RunSaved,
    RunStarted,
)
from llem_schema import WorkOrder

from llem_testing.suites.base import ContractSuite
from llem_testing.suites.executor_bench import Course, ExecutorBench


class ExecutorSuite(ContractSuite, ABC):
    """Each test is one promise of `llem_contracts.Executor`."""

    @abstractmethod
    def make_bench(self, folder: Path) -> ExecutorBench:
        """A new bench that saves below `folder`."""

    def test_orders_that_can_be_run_have_no_problem(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        problems = bench.executor.problems(bench.orders("completes", "completes"))
        assert [problem for problem in problems if problem.blocking] == []

    def test_an_order_without_a_results_folder_is_a_problem_with_a_cure(
        self, tmp_path: Path
    ) -> None:
        bench = self.make_bench(tmp_path)
        good, bad = bench.orders("completes", "completes")
        lost = bad.settings.model_copy(update={"results_dir": None})
        problems = bench.executor.problems([good, bad.model_copy(update={"settings": lost})])
        assert any(problem.blocking for problem in problems)
        assert all(problem.code and problem.message and problem.cure for problem in problems)

    def test_asking_for_problems_runs_nothing(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        bench.executor.problems(bench.orders("completes"))
        assert list(tmp_path.rglob("*.json")) == []

    def test_no_orders_have_no_outcome(self, tmp_path: Path) -> None:
        assert list(self.make_bench(tmp_path).executor.run([], silence)) == []

    def test_each_order_has_one_outcome(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        orders = bench.orders("completes", "fails", "completes")
        outcomes = list(bench.executor.run(iter(orders), silence))
        assert sorted(outcome.experiment_id for outcome in outcomes) == _ids(orders)

    def test_a_completed_order_names_the_folder_of_its_own_result(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        orders = bench.orders("completes", "completes")
        outcomes = _run(bench.executor, orders)
        for order in orders:
            outcome = outcomes[order.experiment_id]
            assert (outcome.status, outcome.reason) == ("completed", None)
            assert outcome.path is not None
            result = bench.store.load(outcome.path).result
            assert result.experiment_id == order.experiment_id
            assert (result.config, result.run_settings) == (order.config, order.settings)

    def test_each_order_has_a_process_of_its_own(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        orders = bench.orders("completes", "completes")
        _run(bench.executor, orders)
        assert len({bench.process_of(order) for order in orders}) == len(orders)

    def test_an_order_is_taken_only_when_there_is_room(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        if bench.room is None:
            pytest.skip("this executor takes any number of orders")
        taken, orders = list[WorkOrder](), bench.orders(*_each("completes", bench.room + 2))
        run = bench.executor.run(_noting(orders, taken), silence)
        for given, _ in enumerate(run):
            assert len(taken) <= given + bench.room

    def test_an_error_is_recorded_with_its_message(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        (outcome,) = _run(bench.executor, bench.orders("fails")).values()
        assert outcome.status == "failed"
        assert bench.failure in (outcome.reason or "")

    def test_a_death_is_recorded_with_its_reason(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        (outcome,) = _run(bench.executor, bench.orders("dies")).values()
        assert outcome.status == "failed"
        assert bench.death in (outcome.reason or "")

    def test_a_death_costs_one_order_alone(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        outcomes = _run(bench.executor, bench.orders("completes", "dies", "completes"))
        assert _statuses(outcomes) == ["completed", "failed", "completed"]

    def test_an_order_without_a_result_names_no_folder(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        outcomes = _run(bench.executor, bench.orders("fails", "dies"))
        assert [outcome.path for outcome in outcomes.values()] == [None, None]

    def test_an_order_that_takes_too_long_is_timed_out_alone(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        outcomes = _run(bench.with_time_limit(), bench.orders("lasts", "completes"))
        assert _statuses(outcomes) == ["timed_out", "completed"]
        assert outcomes["order-1"].path is None
        assert outcomes["order-1"].reason

    def test_events_come_in_order_under_the_id_of_their_order(self, tmp_path: Path) -> None:
        bench, heard = self.make_bench(tmp_path), Heard()
        orders = bench.orders("completes", "completes")
        _run(bench.executor, orders, heard)
        for order in orders:
            events = heard.of(order.experiment_id)
            assert isinstance(events[0], RunStarted)
            assert events[0].experiment_id == order.experiment_id
            (saved,) = (event for event in events if isinstance(event, RunSaved))
            assert bench.store.load(Path(saved.path)).result.config == order.config

    def test_events_come_while_the_order_runs(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        stop = _when(PhaseStarted, bench.executor.cancel)
        (outcome,) = _run(bench.executor, bench.orders("lasts"), stop).values()
        assert outcome.status != "completed", "its phases were told of when all was over"

    def test_all_events_come_before_the_outcome(self, tmp_path: Path) -> None:
        bench, heard, until_then = self.make_bench(tmp_path), Heard(), dict[str, list[Event]]()
        for outcome in bench.executor.run(bench.orders("completes", "fails"), heard):
            until_then[outcome.experiment_id] = heard.of(outcome.experiment_id)
        assert until_then == {name: heard.of(name) for name in until_then}

    def test_the_result_is_on_disk_when_it_is_said_to_be(self, tmp_path: Path) -> None:
        bench, loaded = self.make_bench(tmp_path), list[str]()

        def look(_experiment_id: str, event: Event, /) -> None:
            if isinstance(event, RunSaved):
                loaded.append(bench.store.load(Path(event.path)).result.experiment_id)

        orders = bench.orders("completes", "completes")
        _run(bench.executor, orders, look)
        assert sorted(loaded) == _ids(orders)

    def test_a_cancelled_order_ends_as_interrupted(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        stop = _when(RunStarted, bench.executor.cancel)
        (outcome,) = _run(bench.executor, bench.orders("lasts"), stop).values()
        assert (outcome.status, outcome.path) == ("interrupted", None)
        assert outcome.reason

    def test_a_cancelled_order_has_time_to_save(self, tmp_path: Path) -> None:
        bench = self.make_bench(tmp_path)
        (order,) = bench.orders("lasts")

        def stop(_experiment_id: str, event: Event, /) -> None:
            if isinstance(event, PhaseStarted) and event.phase == "measure":
                bench.executor.cancel()

        _run(bench.executor, [order], stop)
        assert bench.kept(order)

    def test_no_order_is_taken_once_others_are_cancelled(self, tmp_path: Path) -> None:
        bench, taken, until_then = self.make_bench(tmp_path), list[WorkOrder](), list[int]()

        def stop(_experiment_id: str, event: Event, /) -> None:
            if isinstance(event, RunStarted):
                until_then.append(len(taken))
                bench.executor.cancel()

        orders = bench.orders(*_each("lasts", bench.room or 1), *_each("completes", 2))
        _run(bench.executor, _noting(orders, taken), stop)
        assert len(taken) == until_then[0]

    def test_no_order_is_taken_after_a_cancel_between_two(self, tmp_path: Path) -> None:
        bench, taken = self.make_bench(tmp_path), list[WorkOrder]()
        orders = bench.orders(*_each("completes", (bench.room or 1) + 1))
        outcomes = bench.executor.run(_noting(orders, taken), silence)
        next(outcomes)
        bench.executor.cancel()
        until_then = len(taken)
        list(outcomes)
        assert len(taken) == until_then

    def test_no_order_begins_after_a_cancel_before_the_first(self, tmp_path: Path) -> None:
        bench, heard = self.make_bench(tmp_path), Heard()
        bench.executor.cancel()
        _run(bench.executor, bench.orders("completes"), heard)
        assert heard.events == []


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Event]] = []

    def __call__(self, experiment_id: str, event: Event, /) -> None:
        self.events.append((experiment_id, event))

    def of(self, experiment_id: str) -> list[Event]:
        """What was told under an id so far."""
        return [event for name, event in self.events if name == experiment_id]


def silence(_experiment_id: str, _event: Event, /) -> None:
    """Take an event and do nothing."""


def _run(
    executor: Executor, orders: Iterable[WorkOrder], listener: OrderListener = silence
) -> dict[str, OrderOutcome]:
    """Outcomes by `experiment_id`, sorted by it."""
    outcomes = {outcome.experiment_id: outcome for outcome in executor.run(orders, listener)}
    return dict(sorted(outcomes.items()))


def _each(course: Course, times: int) -> list[Course]:
    return [course] * times


def _statuses(outcomes: dict[str, OrderOutcome]) -> list[str]:
    return [outcome.status for outcome in outcomes.values()]


def _ids(orders: Iterable[WorkOrder]) -> list[str]:
    return sorted(order.experiment_id for order in orders)


def _noting(orders: Iterable[WorkOrder], taken: list[WorkOrder]) -> Iterator[WorkOrder]:
    """The orders, as they are taken."""
    for order in orders:
        taken.append(order)
        yield order


def _when(kind: type[Event], act: Callable[[], None]) -> OrderListener:
    """A listener that acts on events of a kind."""

    def listen(_experiment_id: str, event: Event, /) -> None:
        if isinstance(event, kind):
            act()

    return listen
