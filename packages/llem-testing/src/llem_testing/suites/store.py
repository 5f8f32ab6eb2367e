"""What every store promises."""

import dataclasses
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import (
    ArrowTable,
    RequestRecord,
    RunHandle,
    Sample,
    Store,
    StoredRun,
    StoreError,
)
from llem_schema import ExperimentResult, NotMeasured

from llem_testing.cases import example_order, example_requests, example_samples
from llem_testing.result_cases import example_result, example_unmetered_result
from llem_testing.suites.base import ContractSuite

_ASKING_AT_ONCE = 4
_RUNS_EACH = 3


class StoreSuite(ContractSuite):
    """The contract of `llem_contracts.Store`. A subclass gives `make_store` and the oracle
    `surviving_samples`."""

    def make_store(self) -> Store:
        """A new store; two of them share nothing but the disk. Where the folder's name depends on
        the time, the clock should stand still: it makes names collide."""
        raise NotImplementedError

    def surviving_samples(self, folder: Path) -> int:
        """Oracle: samples of a run without a result that its folder gives back at this instant.

        It reads files alone and knows nothing of the handle: what it finds has left the process,
        and no death of the process takes it.
        """
        raise NotImplementedError

    def test_a_usable_place_has_no_problems(self, tmp_path: Path) -> None:
        store = self.make_store()
        assert list(store.problems(tmp_path)) == []
        assert list(store.problems(tmp_path / "not" / "there" / "yet")) == []

    def test_a_place_below_a_file_has_a_problem_with_a_cure(self, tmp_path: Path) -> None:
        problems = self.make_store().problems(_below_a_file(tmp_path))
        assert any(problem.blocking for problem in problems)
        assert all(p.code and p.message and p.cure for p in problems)

    def test_asking_for_problems_creates_nothing(self, tmp_path: Path) -> None:
        self.make_store().problems(tmp_path / "results" / "deep")
        assert list(tmp_path.iterdir()) == []

    def test_a_run_begins_in_a_folder_below_the_results_folder(self, tmp_path: Path) -> None:
        results = tmp_path / "not" / "there" / "yet"
        handle = self.make_store().begin(example_order(results))
        assert handle.path.is_dir()
        assert results.resolve() in handle.path.resolve().parents

    def test_no_folder_is_given_twice_also_when_several_ask_at_once(self, tmp_path: Path) -> None:
        start = threading.Barrier(_ASKING_AT_ONCE)

        def begin_several(_number: int) -> list[Path]:
            store = self.make_store()
            start.wait(timeout=30)
            return [store.begin(example_order(tmp_path)).path for _ in range(_RUNS_EACH)]

        with ThreadPoolExecutor(_ASKING_AT_ONCE) as pool:
            several = list(pool.map(begin_several, range(_ASKING_AT_ONCE)))
        folders = [path for paths in several for path in paths]
        assert len(set(folders)) == len(folders), "a run was given the folder of another"

    def test_a_folder_that_cannot_be_made_is_a_store_error(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError):
            self.make_store().begin(example_order(_below_a_file(tmp_path)))

    def test_an_order_without_a_results_folder_is_a_store_error(self) -> None:
        with pytest.raises(StoreError):
            self.make_store().begin(example_order(None))

    def test_what_was_appended_survives_the_process(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        for batch in range(1, 4):
            handle.append(example_samples(5))
            assert self.surviving_samples(handle.path) == 5 * batch

    def test_the_tables_lie_beside_the_result_under_their_names(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        run = _saved(handle)
        assert handle.timeseries_name != handle.requests_name
        for name in (handle.timeseries_name, handle.requests_name):
            assert (run.path / name).is_file()

    def test_commit_returns_the_run(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        result = _result(handle)
        handle.append(example_samples())
        handle.requests(example_requests())
        run = handle.commit(result)
        assert (run.path, run.result) == (handle.path, result)

    def test_a_run_is_complete_from_its_commit_on(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        handle.append(example_samples())
        handle.requests(example_requests())
        with pytest.raises(StoreError):
            self.make_store().load(handle.path)
        result = _result(handle)
        handle.commit(result)
        assert self.make_store().load(handle.path).path == handle.path

    def test_a_loaded_result_equals_the_saved_one(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        _saved(handle)
        assert self.make_store().load(handle.path).result == _result(handle)

    def test_samples_come_back_as_they_were_and_unread_values_as_none(self, tmp_path: Path) -> None:
        first = [
            *example_samples(4, "GPU-0"),
            Sample(monotonic_ns=2**53 + 1, device="GPU-0", power_w=0.1 + 0.2),
        ]
        second = example_samples(3, "GPU-1", start_ns=2**53 + 3)
        handle = self.make_store().begin(example_order(tmp_path))
        handle.append(first)
        handle.append(second)
        handle.requests(example_requests())
        handle.commit(_result(handle))
        rows = _rows(self.make_store().load(handle.path).timeseries())
        assert rows == [_sample_row(sample) for sample in first + second]

    def test_request_records_come_back_one_row_each(self, tmp_path: Path) -> None:
        passes = [example_requests(3, pass_index) for pass_index in range(2)]
        handle = self.make_store().begin(example_order(tmp_path))
        handle.append(example_samples())
        for records in passes:
            handle.requests(records)
        handle.commit(_result(handle))
        rows = _rows(self.make_store().load(handle.path).requests())
        assert rows == [_request_row(record) for records in passes for record in records]

    def test_a_table_is_taken_by_arrow_libraries_as_it_is(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        run = _saved(handle)
        for table in (run.timeseries(), run.requests()):
            assert table is not None
            # The capsule protocol of the Arrow project, "The Arrow PyCapsule Interface".
            assert type(table.__arrow_c_stream__()).__name__ == "PyCapsule"

    def test_a_run_without_samples_has_no_series(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        handle.append([])
        handle.requests(example_requests())
        run = handle.commit(example_unmetered_result(requests_file=handle.requests_name))
        assert run.timeseries() is None
        assert run.requests() is not None

    def test_a_run_without_requests_has_no_requests(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        handle.append(example_samples())
        handle.requests([])
        explained = {"requests_file": NotMeasured(code="no_requests", reason="none was made")}
        run = handle.commit(
            example_result(
                timeseries=handle.timeseries_name,
                requests_file=None,
                not_measured={**example_result().not_measured, **explained},
            )
        )
        assert run.requests() is None
        assert run.timeseries() is not None

    def test_a_commit_that_fails_is_a_store_error(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path / "results"))
        handle.append(example_samples())
        handle.path.rename(tmp_path / "gone")
        with pytest.raises(StoreError):
            handle.commit(_result(handle))

    def test_a_commit_that_fails_leaves_what_was_appended_and_no_result(
        self, tmp_path: Path
    ) -> None:
        handle = self.make_store().begin(example_order(tmp_path / "results"))
        handle.append(example_samples(5))
        # A folder where a table must go: the disk refuses in the middle of the commit.
        (handle.path / handle.requests_name / "in the way").mkdir(parents=True)
        handle.requests(example_requests())
        with pytest.raises(Exception):  # noqa: B017, PT011 - its type has a test of its own
            handle.commit(_result(handle))
        assert self.surviving_samples(handle.path) == 5
        with pytest.raises(StoreError):
            self.make_store().load(handle.path)

    def test_an_abandoned_run_keeps_what_was_appended(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        handle.append(example_samples(5))
        assert handle.abandon("the fan fell off") == handle.path
        assert self.surviving_samples(handle.path) == 5

    def test_an_abandoned_run_is_refused_with_its_reason(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        handle.append(example_samples(5))
        handle.abandon("the fan fell off")
        with pytest.raises(StoreError, match="the fan fell off"):
            self.make_store().load(handle.path)

    def test_an_abandoned_run_that_is_empty_leaves_no_folder(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        assert handle.abandon("nothing was measured") is None
        assert not handle.path.exists()

    def test_a_run_is_loaded_from_its_result_json(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        _saved(handle)
        run = self.make_store().load(handle.path / "result.json")
        assert run.path == handle.path
        assert len(_rows(run.timeseries())) == len(example_samples())

    def test_a_run_is_loaded_from_what_the_command_prints(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path / "results"))
        run = _saved(handle)
        printed = tmp_path / "printed.json"
        document = run.result.model_dump(mode="json") | {"result_dir": str(run.path)}
        printed.write_text(json.dumps(document))
        loaded = self.make_store().load(printed)
        assert (loaded.path, loaded.result) == (run.path, run.result)
        assert len(_rows(loaded.requests())) == len(example_requests())

    def test_anything_else_is_a_store_error_that_names_it(self, tmp_path: Path) -> None:
        for name, content in (("text.json", "no JSON"), ("list.json", "[]"), ("any.json", "{}")):
            (tmp_path / name).write_text(content)
        (tmp_path / "empty").mkdir()
        for name in ("text.json", "list.json", "any.json", "empty", "absent"):
            with pytest.raises(StoreError) as caught:
                self.make_store().load(tmp_path / name)
            assert name in str(caught.value)

    def test_a_catalogue_has_every_run_below_a_folder_sorted_by_path(self, tmp_path: Path) -> None:
        store = self.make_store()
        folders = {
            _saved(store.begin(example_order(place))).path
            for place in (tmp_path / "b", tmp_path / "study" / "deep", tmp_path / "a")
        }
        entries = self.make_store().catalogue(tmp_path)
        assert [entry.path for entry in entries] == sorted(folders)

    def test_a_catalogue_says_what_the_results_say(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path / "results"))
        result = _result(handle)
        _saved(handle)
        (entry,) = self.make_store().catalogue(tmp_path)
        assert (entry.state, entry.reason) == ("complete", None)
        assert (entry.experiment_id, entry.model) == (result.experiment_id, result.model.name)
        assert entry.measurement_config_hash == result.measurement_config_hash
        assert entry.energy_per_output_token_j == result.energy_per_output_token_j
        assert entry.output_tokens_per_s == result.output_tokens_per_s
        assert entry.started_at == result.started_at

    def test_a_catalogue_has_runs_without_a_result_with_the_reason(self, tmp_path: Path) -> None:
        store = self.make_store()
        going_on, ended, broken = (store.begin(example_order(tmp_path / name)) for name in "abc")
        for handle in (going_on, ended):
            handle.append(example_samples())
            handle.requests(example_requests())
        ended.abandon("the fan fell off")
        _saved(broken)
        (broken.path / "result.json").write_text("{")
        entries = {entry.path: entry for entry in self.make_store().catalogue(tmp_path)}
        assert {path: entry.state for path, entry in entries.items()} == {
            going_on.path: "unfinished",
            ended.path: "partial",
            broken.path: "broken",
        }
        assert all(entry.reason for entry in entries.values())
        with pytest.raises(StoreError) as caught:
            store.load(ended.path)
        assert str(entries[ended.path].reason) in str(caught.value)

    def test_a_catalogue_is_what_the_files_say_now(self, tmp_path: Path) -> None:
        store = self.make_store()
        first, second = (store.begin(example_order(tmp_path / name)) for name in "ab")
        _saved(first)
        assert [entry.path for entry in store.catalogue(tmp_path)] == [first.path]
        _saved(second)
        (first.path / "result.json").unlink()
        complete = [e.path for e in store.catalogue(tmp_path) if e.state == "complete"]
        assert complete == [second.path]

    def test_a_catalogue_of_what_is_no_folder_is_a_store_error(self, tmp_path: Path) -> None:
        for place in (tmp_path / "absent", _below_a_file(tmp_path)):
            with pytest.raises(StoreError):
                self.make_store().catalogue(place)

    def test_asking_for_a_catalogue_changes_nothing_there(self, tmp_path: Path) -> None:
        _saved(self.make_store().begin(example_order(tmp_path / "results")))
        before = sorted(tmp_path.rglob("*"))
        self.make_store().catalogue(tmp_path)
        assert sorted(tmp_path.rglob("*")) == before


def _below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("in the way")
    return folder / "file" / "results"


def _result(handle: RunHandle) -> ExperimentResult:
    return example_result(timeseries=handle.timeseries_name, requests_file=handle.requests_name)


def _saved(handle: RunHandle) -> StoredRun:
    handle.append(example_samples())
    handle.requests(example_requests())
    return handle.commit(_result(handle))


def _sample_row(sample: Sample) -> dict[str, Any]:
    row = dataclasses.asdict(sample)
    return row | {"throttle": None if sample.throttle is None else list(sample.throttle)}


def _rows(table: ArrowTable | None) -> list[dict[str, Any]]:
    assert table is not None
    rows = table.to_pylist()
    assert len(rows) == table.num_rows
    assert all(list(row) == table.column_names for row in rows)
    return rows


def _request_row(record: RequestRecord) -> dict[str, Any]:
    """The record as a row: `pass_index` is the column `pass`, a word that Python keeps."""
    row = dataclasses.asdict(record)
    return {"pass": row.pop("pass_index"), **row, "token_ns": list(record.token_ns)}
