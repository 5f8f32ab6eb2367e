"""How far a run is stands on disk at each of its phases, and runs that died are cleaned up."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import DeadRun, Notice, StoreError
from llem_harness import run
from llem_schema import RunProcess, RunStateName, WorkOrder
from llem_store import FolderStore, load_partial, load_result
from llem_store.handle import FolderRunHandle
from llem_store.processes import ProcessTable
from llem_testing import FakeClock, example_samples

from .orders import in_memory, only_folder


class TestState:
    def test_is_on_disk_before_a_phase_begins(self, make_world: Any, order: WorkOrder) -> None:
        seen: dict[str, str | None] = {}

        def look(event: Any) -> None:
            if event.type == "phase_started" and event.phase != "pre-flight":
                left = load_partial(only_folder(order))
                assert left.phase == event.phase
                seen[event.phase] = left.state

        run(order, make_world().with_ports(listener=look).ports)
        assert seen == {
            "environment": "initialising",
            "baseline": "initialising",
            "load": "initialising",
            "resident baseline": "initialising",
            "prompts": "initialising",
            "warm-up": "initialising",
            "measure": "measuring",
            "prefill": "measuring",
            "assemble": "done",
            "save": "done",
        }
        assert {path.name for path in only_folder(order).iterdir()} == {
            "result.json",
            "timeseries.parquet",
            "requests.parquet",
        }

    def test_that_cannot_be_written_ends_no_measurement(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        class Stateless(FolderRunHandle):
            def state(self, state: RunStateName, phase: str) -> None:
                raise StoreError("the file system is read-only")

        class Store(FolderStore):
            def begin(self, order: WorkOrder) -> FolderRunHandle:
                handle = super().begin(order)
                handle.__class__ = Stateless
                return handle

        result = run(order, make_world().with_ports(store=Store()).ports)
        assert load_result(only_folder(order)).result == result


class TestTheDead:
    """Runs in the same folder whose process is gone."""

    class Store(FolderStore):
        """For which the process of every run but the one that it begins itself is gone."""

        class Processes(ProcessTable):
            def is_gone(self, process: RunProcess) -> bool:
                return True

        def __init__(self) -> None:
            super().__init__(processes=self.Processes())

    def died(self, order: WorkOrder, samples: Iterable[Any] = ()) -> Path:
        handle = FolderStore(FakeClock()).begin(order)
        handle.state("measuring", "measure")
        handle.append(list(samples))
        return handle.path

    def notices(self, world: Any) -> list[str]:
        return [e.message for e in world.events if isinstance(e, Notice) and e.code == "dead_run"]

    def test_are_cleaned_up_with_a_notice_before_the_next_run(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        kept, empty = self.died(order, example_samples()), self.died(order)
        world = make_world().with_ports(store=self.Store())
        run(order, world.ports)
        about_kept, about_empty = sorted(self.notices(world), key=lambda text: str(empty) in text)
        assert f"what it measured until then is in {kept}, as a partial run" in about_kept
        assert f"had measured nothing; its folder {empty} is removed" in about_empty
        assert "in the phase measure" in about_kept
        assert load_partial(kept).state == "failed"
        assert not empty.exists()

    def test_before_their_first_phase_are_told_of_too(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        FolderStore(FakeClock()).begin(order)
        world = make_world().with_ports(store=self.Store())
        run(order, world.ports)
        (told,) = self.notices(world)
        assert "before its first phase" in told

    def test_are_left_where_pre_flight_refuses(self, make_world: Any, order: WorkOrder) -> None:
        dead = self.died(order)
        world = make_world(logical_devices=["cuda:0"]).with_ports(store=self.Store())
        with pytest.raises(Exception, match="cuda:0"):
            run(order, world.ports)
        assert dead.exists()

    def test_are_not_looked_for_where_nothing_is_saved(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        class Store(FolderStore):
            def clean_up(self, results_dir: Path) -> tuple[DeadRun, ...]:
                raise AssertionError("nobody asked")

        run(in_memory(order), make_world().with_ports(store=Store()).ports)
