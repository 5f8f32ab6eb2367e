import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from llem_contracts import StoreError
from llem_store import FolderStore, PartialRecord, load_result
from llem_store.handle import FolderRunHandle
from llem_testing import example_order, example_requests, example_result, example_samples


class TestAbandon:
    def test_an_empty_folder_goes(self, handle: FolderRunHandle) -> None:
        assert handle.abandon("interrupted") is None
        assert not handle.path.exists()

    def test_what_was_measured_stays_and_is_marked_as_partial(
        self, handle: FolderRunHandle
    ) -> None:
        handle.append(example_samples())
        assert handle.abandon("interrupted") == handle.path
        assert {path.name for path in handle.path.iterdir()} == {
            "partial.json",
            "timeseries.parquet",
        }
        assert pq.ParquetFile(handle.path / "timeseries.parquet").read().num_rows == 5
        partial = PartialRecord.model_validate_json((handle.path / "partial.json").read_bytes())
        assert partial.reason == "interrupted"
        assert partial.config == example_order().config
        assert partial.requests_file is None
        assert (partial.phase, partial.started_at) == (None, partial.ended_at)
        assert partial.ended_at == datetime(2026, 11, 23, 14, 30, 5, tzinfo=UTC)

    def test_requests_alone_are_worth_keeping(self, handle: FolderRunHandle) -> None:
        handle.requests(example_requests())
        handle.abandon("the disk was full")
        document = json.loads((handle.path / "partial.json").read_text())
        assert (document["timeseries"], document["requests_file"]) == (None, "requests.parquet")

    def test_a_committed_run_is_left_alone(self, handle: FolderRunHandle) -> None:
        handle.append(example_samples())
        handle.commit(example_result())
        assert handle.abandon("interrupted") == handle.path
        assert not (handle.path / "partial.json").exists()
        assert load_result(handle.path).result == example_result()

    def test_a_foreign_file_is_not_removed_with_the_folder(self, handle: FolderRunHandle) -> None:
        (handle.path / "notes.txt").write_text("mine")
        assert handle.abandon("interrupted") == handle.path
        assert (handle.path / "notes.txt").read_text() == "mine"

    def test_a_disk_that_refuses_raises_nothing_and_keeps_the_stream(
        self, handle: FolderRunHandle
    ) -> None:
        handle.append(example_samples())
        (handle.path / f".partial.json.{os.getpid()}.tmp").mkdir()
        assert handle.abandon("interrupted") == handle.path
        assert (handle.path / "timeseries.arrows").exists()

    def test_a_vanished_folder_raises_nothing(self, store: FolderStore, results: Path) -> None:
        handle = store.begin(example_order(results))
        shutil.rmtree(handle.path)
        assert handle.abandon("interrupted") is None

    def test_loading_says_why_there_is_no_result(self, handle: FolderRunHandle) -> None:
        handle.append(example_samples())
        handle.abandon("terminated by the scheduler")
        for path in (handle.path, handle.path / "partial.json"):
            with pytest.raises(
                StoreError, match=r"partial run .* terminated by the sched"
            ) as caught:
                load_result(path)
            assert "load_partial" in (caught.value.cure or "")

    def test_one_of_a_newer_llem_says_what_to_do(self, handle: FolderRunHandle) -> None:
        handle.append(example_samples())
        handle.abandon("interrupted")
        partial = handle.path / "partial.json"
        partial.write_text(json.dumps(json.loads(partial.read_text()) | {"schema_version": 2}))
        with pytest.raises(StoreError, match="partial run has schema version 2") as caught:
            load_result(handle.path)
        assert caught.value.cure == "Upgrade the llem packages."

    @pytest.mark.parametrize("content", ["{", "{}", '{"schema_version": 1}'])
    def test_a_damaged_one_is_a_run_to_repeat(self, handle: FolderRunHandle, content: str) -> None:
        (handle.path / "partial.json").write_text(content)
        with pytest.raises(StoreError) as caught:
            load_result(handle.path)
        assert str(handle.path) in str(caught.value)
        assert caught.value.cure == "Run the experiment again."
