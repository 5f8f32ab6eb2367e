"""Promises of a store while a run lasts, from its beginning to one of its two ends."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from llem_contracts import StoreError

from llem_testing.cases import example_order, example_requests, example_samples
from llem_testing.suites.store_bench import StoreBench, below_a_file, result_of, saved

_ASKING_AT_ONCE = 4
_RUNS_EACH = 3


class RunsSuite(StoreBench):
    """Places, folders, what is appended, `commit` and `abandon`."""

    def test_a_usable_place_has_no_problems(self, tmp_path: Path) -> None:
        store = self.make_store()
        assert list(store.problems(tmp_path)) == []
        assert list(store.problems(tmp_path / "not" / "there" / "yet")) == []

    def test_a_place_below_a_file_has_a_problem_with_a_cure(self, tmp_path: Path) -> None:
        problems = self.make_store().problems(below_a_file(tmp_path))
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
            self.make_store().begin(example_order(below_a_file(tmp_path)))

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
        run = saved(handle)
        assert handle.timeseries_name != handle.requests_name
        for name in (handle.timeseries_name, handle.requests_name):
            assert (run.path / name).is_file()

    def test_commit_returns_the_run(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        result = result_of(handle)
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
        result = result_of(handle)
        handle.commit(result)
        assert self.make_store().load(handle.path).path == handle.path

    def test_a_commit_that_fails_is_a_store_error(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path / "results"))
        handle.append(example_samples())
        handle.path.rename(tmp_path / "gone")
        with pytest.raises(StoreError):
            handle.commit(result_of(handle))

    def test_a_commit_that_fails_leaves_what_was_appended_and_no_result(
        self, tmp_path: Path
    ) -> None:
        handle = self.make_store().begin(example_order(tmp_path / "results"))
        handle.append(example_samples(5))
        # A folder where a table must go: the disk refuses in the middle of the commit.
        (handle.path / handle.requests_name / "in the way").mkdir(parents=True)
        handle.requests(example_requests())
        with pytest.raises(Exception):  # noqa: B017, PT011 - its type has a test of its own
            handle.commit(result_of(handle))
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
