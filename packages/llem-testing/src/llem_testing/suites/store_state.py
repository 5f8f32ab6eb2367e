"""Promises of a store about runs that have no result: those that go on, that ended early, and that
died."""

from pathlib import Path
from typing import Any

import pytest
from llem_contracts import RunHandle, StoreError
from llem_schema import RunState, RunStateName, measurement_config_hash

from llem_testing.cases import example_order, example_requests, example_samples
from llem_testing.suites.store_bench import StoreBench, rows_of, saved


class StateSuite(StoreBench):
    """`state`, `load_partial` and `clean_up`."""

    def test_a_run_that_begins_is_found_by_its_config(self, tmp_path: Path) -> None:
        order = example_order(tmp_path)
        handle = self.make_store().begin(order)
        (entry,) = self.make_store().catalogue(handle.path.parent)
        assert (entry.path, entry.state) == (handle.path, "unfinished")
        assert entry.measurement_config_hash == measurement_config_hash(order.config)
        assert (entry.model, entry.backend) == (order.config.model, order.config.backend)
        begun = self.make_store().load_partial(handle.path)
        assert (begun.state, begun.phase, begun.config) == ("initialising", None, order.config)

    def test_the_state_is_what_was_said_last(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        said: tuple[tuple[RunStateName, str], ...] = (
            ("initialising", "load"),
            ("measuring", "prefill"),
            ("done", "save"),
        )
        for state, phase in said:
            handle.state(state, phase)
            told = self.make_store().load_partial(handle.path)
            assert (told.state, told.phase) == (state, phase)

    def test_a_state_takes_the_place_of_the_one_before(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        handle.state("initialising", "measure")
        with self.state_file(handle.path).open("rb") as before:
            handle.state("measuring", "measure")
            # Who began to read goes on to read what was there: no reader sees half of each.
            assert RunState.model_validate_json(before.read()).state == "initialising"

    def test_a_state_that_cannot_be_written_is_a_store_error(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path / "results"))
        handle.path.rename(tmp_path / "gone")
        with pytest.raises(StoreError):
            handle.state("measuring", "measure")

    def test_a_complete_run_keeps_no_state(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        handle.state("measuring", "measure")
        saved(handle)
        assert not self.state_file(handle.path).exists()
        with pytest.raises(StoreError):
            self.make_store().load_partial(handle.path)

    def test_a_run_that_goes_on_gives_what_it_has_so_far(self, tmp_path: Path) -> None:
        handle = _measuring(self.make_store().begin(example_order(tmp_path)))
        so_far = self.make_store().load_partial(handle.path)
        assert so_far.path == handle.path
        assert so_far.reason
        assert len(rows_of(so_far.timeseries())) == len(example_samples())
        assert len(rows_of(so_far.requests())) == len(example_requests())

    def test_an_abandoned_run_gives_what_it_had(self, tmp_path: Path) -> None:
        handle = _measuring(self.make_store().begin(example_order(tmp_path)))
        handle.abandon("the fan fell off")
        left = self.make_store().load_partial(handle.path)
        (entry,) = self.make_store().catalogue(handle.path.parent)
        assert (left.reason, left.state, left.phase) == (entry.reason, "failed", "measure")
        assert left.config == example_order().config
        assert len(rows_of(left.timeseries())) == len(example_samples())
        assert len(rows_of(left.requests())) == len(example_requests())

    def test_what_is_no_run_is_no_partial_one(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        for name in ("empty", "absent"):
            with pytest.raises(StoreError) as caught:
                self.make_store().load_partial(tmp_path / name)
            assert name in str(caught.value)

    def test_a_dead_run_becomes_a_partial_one_with_what_it_measured(self, tmp_path: Path) -> None:
        handle = _measuring(self.make_store().begin(example_order(tmp_path)))
        self._as_if(handle, started_ticks=1)
        (dead,) = self.make_store().clean_up(handle.path.parent)
        assert (dead.path, dead.phase, dead.kept) == (handle.path, "measure", True)
        assert self.surviving_samples(handle.path) == len(example_samples())
        left = self.make_store().load_partial(handle.path)
        assert (left.state, left.phase) == ("failed", "measure")
        assert left.config == example_order().config
        assert len(rows_of(left.timeseries())) == len(example_samples())
        assert len(rows_of(left.requests())) == len(example_requests())

    def test_a_dead_run_that_measured_nothing_goes(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        handle.state("initialising", "load")
        self._as_if(handle, started_ticks=1)
        (dead,) = self.make_store().clean_up(handle.path.parent)
        assert (dead.path, dead.phase, dead.kept) == (handle.path, "load", False)
        assert not handle.path.exists()

    def test_a_dead_run_is_told_of_once(self, tmp_path: Path) -> None:
        store = self.make_store()
        handle = _measuring(store.begin(example_order(tmp_path)))
        self._as_if(handle, started_ticks=1)
        assert len(store.clean_up(handle.path.parent)) == 1
        assert store.clean_up(handle.path.parent) == ()

    def test_a_run_that_may_go_on_is_left_alone(self, tmp_path: Path) -> None:
        here, elsewhere = (
            _measuring(self.make_store().begin(example_order(tmp_path / name))) for name in "ab"
        )
        self._as_if(elsewhere, started_ticks=1, host="another-machine")
        for handle in (here, elsewhere):
            assert self.make_store().clean_up(handle.path.parent) == ()
            assert self.make_store().load_partial(handle.path).state == "measuring"
            saved(handle)
        assert self.make_store().clean_up(tmp_path / "absent") == ()

    def _as_if(self, handle: RunHandle, **process: Any) -> None:
        """Change what the state says of the process: one that began earlier is gone by now."""
        file = self.state_file(handle.path)
        state = RunState.model_validate_json(file.read_bytes())
        other = state.model_copy(update={"process": state.process.model_copy(update=process)})
        file.write_text(other.model_dump_json())


def _measuring(handle: RunHandle) -> RunHandle:
    """A run that has come to its window."""
    handle.state("measuring", "measure")
    handle.append(example_samples())
    handle.requests(example_requests())
    return handle
