"""Promises of a store about the list of its runs."""

from pathlib import Path

import pytest
from llem_contracts import StoreError

from llem_testing.cases import example_order, example_requests, example_samples
from llem_testing.suites.store_bench import StoreBench, below_a_file, result_of, saved


class CatalogueSuite(StoreBench):
    """`catalogue`."""

    def test_a_catalogue_has_every_run_below_a_folder_sorted_by_path(self, tmp_path: Path) -> None:
        store = self.make_store()
        folders = {
            saved(store.begin(example_order(place))).path
            for place in (tmp_path / "b", tmp_path / "study" / "deep", tmp_path / "a")
        }
        entries = self.make_store().catalogue(tmp_path)
        assert [entry.path for entry in entries] == sorted(folders)

    def test_a_catalogue_says_what_the_results_say(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path / "results"))
        result = result_of(handle)
        saved(handle)
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
        saved(broken)
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
        saved(first)
        complete = [e.path for e in store.catalogue(tmp_path) if e.state == "complete"]
        assert complete == [first.path]
        saved(second)
        (first.path / "result.json").unlink()
        complete = [e.path for e in store.catalogue(tmp_path) if e.state == "complete"]
        assert complete == [second.path]

    def test_a_catalogue_of_what_is_no_folder_is_a_store_error(self, tmp_path: Path) -> None:
        for place in (tmp_path / "absent", below_a_file(tmp_path)):
            with pytest.raises(StoreError):
                self.make_store().catalogue(place)

    def test_asking_for_a_catalogue_changes_nothing_there(self, tmp_path: Path) -> None:
        saved(self.make_store().begin(example_order(tmp_path / "results")))
        before = sorted(tmp_path.rglob("*"))
        self.make_store().catalogue(tmp_path)
        assert sorted(tmp_path.rglob("*")) == before
