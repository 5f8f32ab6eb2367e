"""Executors around the scripted one that break one promise each."""

import shutil
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path

from llem_contracts import (
    Event,
    OrderListener,
    OrderOutcome,
    Problem,
    RunFailed,
    RunSaved,
    RunStarted,
)
from llem_schema import RunSettings, WorkOrder
from llem_testing import ScriptedExecutor


class ExecutorAround:
    """Changes nothing: broken executors change one thing of it."""

    def __init__(self, inner: ScriptedExecutor) -> None:
        self.inner = inner

    def problems(self, orders: Iterable[WorkOrder]) -> tuple[Problem, ...]:
        return self.inner.problems(orders)

    def run(self, orders: Iterable[WorkOrder], listener: OrderListener) -> Iterator[OrderOutcome]:
        for outcome in self.inner.run(orders, listener):
            yield self.given(outcome)

    def given(self, outcome: OrderOutcome) -> OrderOutcome:
        """The outcome as it is told."""
        return outcome

    def cancel(self) -> None:
        self.inner.cancel()


class FindsFaultWithAll(ExecutorAround):
    def problems(self, orders: Iterable[WorkOrder]) -> tuple[Problem, ...]:
        return (Problem(code="dislike", message="I do not like it.", cure="Ask another."),)


class TakesWhatItCannotKeep(ExecutorAround):
    def problems(self, orders: Iterable[WorkOrder]) -> tuple[Problem, ...]:
        return ()


class TriesThemOut(ExecutorAround):
    def problems(self, orders: Iterable[WorkOrder]) -> tuple[Problem, ...]:
        found = super().problems(orders)
        if not found:
            list(self.inner.run(orders, lambda *_: None))
        return found


class TellsOfNothing(ExecutorAround):
    def run(self, orders: Iterable[WorkOrder], listener: OrderListener) -> Iterator[OrderOutcome]:
        outcomes = 0
        for outcome in super().run(orders, listener):
            outcomes += 1
            yield outcome
        if not outcomes:
            yield OrderOutcome(experiment_id="?", status="failed", path=None, reason="no order")


class TellsTwice(ExecutorAround):
    def run(self, orders: Iterable[WorkOrder], listener: OrderListener) -> Iterator[OrderOutcome]:
        outcomes = list[OrderOutcome]()
        for outcome in super().run(orders, listener):
            outcomes.append(outcome)
            yield outcome
        yield from outcomes[1:]


class NamesTheFolderAround(ExecutorAround):
    def given(self, outcome: OrderOutcome) -> OrderOutcome:
        return replace(outcome, path=outcome.path and outcome.path.parent)


class RunsADefault(ExecutorAround):
    """It hands over the configuration and forgets how the run is to be carried out."""

    def run(self, orders: Iterable[WorkOrder], listener: OrderListener) -> Iterator[OrderOutcome]:
        return super().run((self._changed(order) for order in orders), listener)

    def _changed(self, order: WorkOrder) -> WorkOrder:
        bare = RunSettings(results_dir=order.settings.results_dir, model_cache_dir="elsewhere")
        return order.model_copy(update={"settings": bare})


class KeepsItsProcess(ExecutorAround):
    def given(self, outcome: OrderOutcome) -> OrderOutcome:
        self.inner.processes[outcome.experiment_id] = 1
        return outcome


class TakesAllAtOnce(ExecutorAround):
    def run(self, orders: Iterable[WorkOrder], listener: OrderListener) -> Iterator[OrderOutcome]:
        return super().run(list(orders), listener)


class ForgetsTheError(ExecutorAround):
    def given(self, outcome: OrderOutcome) -> OrderOutcome:
        off = outcome.reason == "the fan fell off"
        return replace(outcome, reason="exit code 1") if off else outcome


class ForgetsTheSignal(ExecutorAround):
    def given(self, outcome: OrderOutcome) -> OrderOutcome:
        killed = outcome.reason == "SIGKILL"
        return replace(outcome, reason="exit code -9") if killed else outcome


class DiesWithItsOrder(ExecutorAround):
    def run(self, orders: Iterable[WorkOrder], listener: OrderListener) -> Iterator[OrderOutcome]:
        dead = False
        for outcome in super().run(orders, listener):
            yield replace(outcome, status="failed", path=None) if dead else outcome
            dead = dead or outcome.reason == "SIGKILL"


class NamesTheFolderOfAFailure(ExecutorAround):
    def given(self, outcome: OrderOutcome) -> OrderOutcome:
        return replace(outcome, path=Path()) if outcome.status == "failed" else outcome


class CallsATimeoutAFailure(ExecutorAround):
    def given(self, outcome: OrderOutcome) -> OrderOutcome:
        return replace(outcome, status="failed") if outcome.status == "timed_out" else outcome


class Retells(ExecutorAround):
    """Events pass through `tell`."""

    def run(self, orders: Iterable[WorkOrder], listener: OrderListener) -> Iterator[OrderOutcome]:
        for outcome in self.inner.run(orders, lambda name, event: self.tell(listener, name, event)):
            self.ended(listener)
            yield outcome
            self.given_to_caller(listener)

    def tell(self, listener: OrderListener, experiment_id: str, event: Event) -> None:
        listener(experiment_id, event)

    def ended(self, listener: OrderListener) -> None:
        """An order is over, and nobody knows it yet."""

    def given_to_caller(self, listener: OrderListener) -> None:
        """The outcome was given."""


class TellsAllUnderOneName(Retells):
    def tell(self, listener: OrderListener, experiment_id: str, event: Event) -> None:
        name = "order-1" if isinstance(event, RunSaved) else experiment_id
        listener(name, event)


class TellsItsPhasesAtTheEnd(Retells):
    def __init__(self, inner: ScriptedExecutor) -> None:
        super().__init__(inner)
        self.held: list[tuple[str, Event]] = []

    def tell(self, listener: OrderListener, experiment_id: str, event: Event) -> None:
        if isinstance(event, RunStarted):
            listener(experiment_id, event)
        else:
            self.held.append((experiment_id, event))

    def ended(self, listener: OrderListener) -> None:
        self._release(listener)

    def _release(self, listener: OrderListener) -> None:
        for experiment_id, event in self.held:
            listener(experiment_id, event)
        self.held.clear()


class TellsTheLastTooLate(TellsItsPhasesAtTheEnd):
    def tell(self, listener: OrderListener, experiment_id: str, event: Event) -> None:
        if isinstance(event, RunSaved | RunFailed):
            self.held.append((experiment_id, event))
        else:
            listener(experiment_id, event)

    def ended(self, listener: OrderListener) -> None:
        return

    def given_to_caller(self, listener: OrderListener) -> None:
        self._release(listener)


class SaysSavedTooEarly(Retells):
    def tell(self, listener: OrderListener, experiment_id: str, event: Event) -> None:
        if not isinstance(event, RunSaved):
            listener(experiment_id, event)
            return
        folder = Path(event.path)
        away = folder.rename(folder.parent.parent / "not yet there")
        try:
            listener(experiment_id, event)
        finally:
            away.rename(folder)


class CallsACancelAFailure(ExecutorAround):
    def given(self, outcome: OrderOutcome) -> OrderOutcome:
        return replace(outcome, status="failed") if outcome.status == "interrupted" else outcome


class StopsWithoutAReason(ExecutorAround):
    def given(self, outcome: OrderOutcome) -> OrderOutcome:
        return replace(outcome, reason=None) if outcome.status == "interrupted" else outcome


class KillsAtOnce(ExecutorAround):
    """What it interrupts has no time to leave anything."""

    results = Path()

    def run(self, orders: Iterable[WorkOrder], listener: OrderListener) -> Iterator[OrderOutcome]:
        for outcome in super().run((self._seen(order) for order in orders), listener):
            if outcome.status == "interrupted":
                shutil.rmtree(self.results)
                self.results.mkdir()
            yield outcome

    def _seen(self, order: WorkOrder) -> WorkOrder:
        self.results = Path(str(order.settings.results_dir))
        return order


class GoesOn(ExecutorAround):
    """Each order has an executor of its own, and of some cancels only the running one hears."""

    current: ScriptedExecutor | None = None
    begun = False
    stopped = False

    def run(self, orders: Iterable[WorkOrder], listener: OrderListener) -> Iterator[OrderOutcome]:
        waiting = iter(orders)
        while not self.stopped and (order := next(waiting, None)) is not None:
            self.begun = True
            self.current = copy(self.inner)
            for outcome in self.current.run([order], listener):
                self.current = None
                yield outcome

    def cancel(self) -> None:
        if self.current is not None:
            self.current.cancel()
        self.stopped = self.stopped or self.heeds()

    def heeds(self) -> bool:
        """Whether a cancel at this moment holds for later orders."""
        raise NotImplementedError


class GoesOnAfterACancelledOrder(GoesOn):
    def heeds(self) -> bool:
        return self.current is None


class GoesOnAfterAPause(GoesOn):
    def heeds(self) -> bool:
        return self.current is not None or not self.begun


class BeginsAfresh(ExecutorAround):
    """What was cancelled before `run` is forgotten."""

    running = False

    def cancel(self) -> None:
        if self.running:
            self.inner.cancel()

    def run(self, orders: Iterable[WorkOrder], listener: OrderListener) -> Iterator[OrderOutcome]:
        self.running = True
        yield from super().run(orders, listener)


MEANT: dict[type[ExecutorAround], str] = {
    FindsFaultWithAll: "orders_that_can_be_run_have_no_problem",
    TakesWhatItCannotKeep: "an_order_without_a_results_folder_is_a_problem_with_a_cure",
    TriesThemOut: "asking_for_problems_runs_nothing",
    TellsOfNothing: "no_orders_have_no_outcome",
    TellsTwice: "each_order_has_one_outcome",
    NamesTheFolderAround: "a_completed_order_names_the_folder_of_its_own_result",
    RunsADefault: "a_completed_order_names_the_folder_of_its_own_result",
    KeepsItsProcess: "each_order_has_a_process_of_its_own",
    TakesAllAtOnce: "an_order_is_taken_only_when_there_is_room",
    ForgetsTheError: "an_error_is_recorded_with_its_message",
    ForgetsTheSignal: "a_death_is_recorded_with_its_reason",
    DiesWithItsOrder: "a_death_costs_one_order_alone",
    NamesTheFolderOfAFailure: "an_order_without_a_result_names_no_folder",
    CallsATimeoutAFailure: "an_order_that_takes_too_long_is_timed_out_alone",
    TellsAllUnderOneName: "events_come_in_order_under_the_id_of_their_order",
    TellsItsPhasesAtTheEnd: "events_come_while_the_order_runs",
    TellsTheLastTooLate: "all_events_come_before_the_outcome",
    SaysSavedTooEarly: "the_result_is_on_disk_when_it_is_said_to_be",
    CallsACancelAFailure: "a_cancelled_order_ends_as_interrupted",
    StopsWithoutAReason: "a_cancelled_order_ends_as_interrupted",
    KillsAtOnce: "a_cancelled_order_has_time_to_save",
    GoesOnAfterACancelledOrder: "no_order_is_taken_once_others_are_cancelled",
    GoesOnAfterAPause: "no_order_is_taken_after_a_cancel_between_two",
    BeginsAfresh: "no_order_begins_after_a_cancel_before_the_first",
}
