"""The scripted executor; that it keeps the contract is shown by its suite."""

from pathlib import Path

import pytest
from llem_contracts import Event, PhaseProgress
from llem_schema import WorkOrder
from llem_store import FolderStore
from llem_testing import FakeClock, OrderScript, ScriptedExecutor, example_order


def named(experiment_id: str, folder: Path) -> WorkOrder:
    return example_order(folder).model_copy(update={"experiment_id": experiment_id})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(monotonic_ns=0)


class TestTime:
    def test_passes_as_the_script_says(self, clock: FakeClock, tmp_path: Path) -> None:
        executor = ScriptedExecutor(FolderStore(clock), clock, {"a": OrderScript(lasts_s=7.0)})
        list(executor.run([named("a", tmp_path)], lambda *_: None))
        assert clock.monotonic_ns() == 7_000_000_000

    def test_is_shared_by_orders_that_run_side_by_side(
        self, clock: FakeClock, tmp_path: Path
    ) -> None:
        scripts = {"a": OrderScript(lasts_s=2.0), "b": OrderScript(lasts_s=3.0)}
        executor = ScriptedExecutor(FolderStore(clock), clock, scripts, room=2)
        told: list[str] = []

        def listen(name: str, event: Event, /) -> None:
            if isinstance(event, PhaseProgress):
                told.append(name)

        orders = [named("a", tmp_path), named("b", tmp_path)]
        outcomes = list(executor.run(orders, listen))
        assert told == ["a", "b", "a", "b", "b"]
        assert [outcome.experiment_id for outcome in outcomes] == ["a", "b"]
        assert clock.monotonic_ns() == 3_000_000_000
