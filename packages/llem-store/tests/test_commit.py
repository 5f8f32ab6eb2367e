import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from llem_contracts import Sample, StoreError
from llem_store import FolderStore, load_result
from llem_store.handle import FolderRunHandle
from llem_testing import (
    example_order,
    example_requests,
    example_result,
    example_samples,
    example_unmetered_result,
)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


class TestCommit:
    def test_a_run_holds_its_three_files_and_nothing_else(self, handle: FolderRunHandle) -> None:
        handle.append(example_samples())
        handle.requests(example_requests())
        handle.commit(example_result())
        assert names_in(handle.path) == {"result.json", "timeseries.parquet", "requests.parquet"}

    def test_what_is_loaded_equals_what_was_saved(self, handle: FolderRunHandle) -> None:
        handle.append(example_samples())
        stored = handle.commit(example_result())
        assert stored.path == handle.path
        assert stored.result == example_result() == load_result(handle.path).result

    def test_the_document_has_every_field_also_those_that_are_none(
        self, handle: FolderRunHandle
    ) -> None:
        handle.commit(example_unmetered_result())
        document = json.loads((handle.path / "result.json").read_text())
        assert document["energy_total_j"] is None
        assert document["schema_version"] == 1

    def test_the_series_comes_back_whole_in_order_and_at_full_precision(
        self, handle: FolderRunHandle
    ) -> None:
        samples = [
            Sample(
                2**62 + step,
                "GPU-a",
                0.1 + step / 3,
                None if step == 1 else 1e-300,
                5e300,
                sm_clock_mhz=1980.0 / 7,
                performance_state=step,
                throttle=None if step == 2 else ("sw_power_cap", "hw_slowdown")[: step % 3],
            )
            for step in range(7)
        ]
        handle.append(samples[:3])
        handle.append([])
        handle.append(samples[3:])
        table = handle.commit(example_result()).timeseries()
        assert table is not None
        assert table.column_names == [
            "monotonic_ns",
            "device",
            "power_w",
            "energy_j",
            "temperature_c",
            "sm_clock_mhz",
            "memory_clock_mhz",
            "performance_state",
            "throttle",
        ]
        rows = table.to_pylist()
        for row in rows:
            row["throttle"] = None if row["throttle"] is None else tuple(row["throttle"])
        assert [Sample(**row) for row in rows] == samples

    def test_requests_come_back_with_their_token_times(self, handle: FolderRunHandle) -> None:
        handle.requests(example_requests(2, pass_index=0))
        handle.requests(iter(example_requests(3, pass_index=1)))
        table = handle.commit(example_result()).requests()
        assert table is not None
        assert table.column_names[:3] == ["pass", "request", "batch"]
        rows = table.to_pylist()
        assert [(row["pass"], row["request"]) for row in rows] == [
            (0, 0), (0, 1), (1, 0), (1, 1), (1, 2),
        ]  # fmt: skip
        assert rows[4]["token_ns"] == [40_000_000, 50_000_000, 60_000_000]
        assert rows[4]["padded_tokens"] == 1

    def test_times_are_kept_as_differences_under_zstd(self, handle: FolderRunHandle) -> None:
        handle.append(example_samples())
        handle.requests(example_requests())
        handle.commit(example_result())
        for file, columns in (
            ("timeseries.parquet", {"monotonic_ns"}),
            ("requests.parquet", {"start_ns", "end_ns", "token_ns.list.element"}),
        ):
            group = pq.ParquetFile(handle.path / file).metadata.row_group(0)
            found = [group.column(index) for index in range(group.num_columns)]
            assert {column.compression for column in found} == {"ZSTD"}
            delta = {c.path_in_schema for c in found if "DELTA_BINARY_PACKED" in c.encodings}
            assert delta >= columns

    def test_without_samples_and_requests_there_are_no_tables(
        self, handle: FolderRunHandle
    ) -> None:
        handle.append([])
        handle.requests([])
        stored = handle.commit(example_unmetered_result(requests_file=None))
        assert names_in(handle.path) == {"result.json"}
        assert stored.timeseries() is None
        assert stored.requests() is None

    def test_a_failed_commit_leaves_what_was_appended_and_can_be_repeated(
        self, handle: FolderRunHandle
    ) -> None:
        handle.append(example_samples())
        obstacle = handle.path / f".result.json.{os.getpid()}.tmp"
        obstacle.mkdir()
        with pytest.raises(StoreError, match=str(handle.path)):
            handle.commit(example_result())
        assert not (handle.path / "result.json").exists()
        assert (handle.path / "timeseries.arrows").exists()
        obstacle.rmdir()
        assert handle.commit(example_result()).timeseries() is not None

    def test_text_that_is_no_unicode_is_told_in_a_sentence(self, handle: FolderRunHandle) -> None:
        broken = example_result(reproducibility_notes=("\ud800",))
        with pytest.raises(StoreError, match="cannot be written as JSON"):
            handle.commit(broken)

    def test_a_folder_that_vanished_is_told(self, store: FolderStore, results: Path) -> None:
        handle = store.begin(example_order(results))
        shutil.rmtree(handle.path)
        with pytest.raises(StoreError, match="the folder is gone"):
            handle.append(example_samples())
        with pytest.raises(StoreError, match="the folder is gone"):
            handle.commit(example_result())
