"""Promises of a store about what it loads."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import RequestRecord, Sample, StoreError
from llem_schema import NotMeasured

from llem_testing.cases import example_order, example_requests, example_samples
from llem_testing.result_cases import example_result, example_unmetered_result
from llem_testing.suites.store_bench import StoreBench, result_of, rows_of, saved


class LoadSuite(StoreBench):
    """`load`, and the tables of the run that it gives."""

    def test_a_loaded_result_equals_the_saved_one(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        saved(handle)
        assert self.make_store().load(handle.path).result == result_of(handle)

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
        handle.commit(result_of(handle))
        rows = rows_of(self.make_store().load(handle.path).timeseries())
        assert rows == [_sample_row(sample) for sample in first + second]

    def test_request_records_come_back_one_row_each(self, tmp_path: Path) -> None:
        passes = [example_requests(3, pass_index) for pass_index in range(2)]
        handle = self.make_store().begin(example_order(tmp_path))
        handle.append(example_samples())
        for records in passes:
            handle.requests(records)
        handle.commit(result_of(handle))
        rows = rows_of(self.make_store().load(handle.path).requests())
        assert rows == [_request_row(record) for records in passes for record in records]

    def test_a_table_is_taken_by_arrow_libraries_as_it_is(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        run = saved(handle)
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

    def test_a_run_is_loaded_from_its_result_json(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path))
        saved(handle)
        run = self.make_store().load(handle.path / "result.json")
        assert run.path == handle.path
        assert len(rows_of(run.timeseries())) == len(example_samples())

    def test_a_run_is_loaded_from_what_the_command_prints(self, tmp_path: Path) -> None:
        handle = self.make_store().begin(example_order(tmp_path / "results"))
        run = saved(handle)
        printed = tmp_path / "printed.json"
        document = run.result.model_dump(mode="json") | {"result_dir": str(run.path)}
        printed.write_text(json.dumps(document))
        loaded = self.make_store().load(printed)
        assert (loaded.path, loaded.result) == (run.path, run.result)
        assert len(rows_of(loaded.requests())) == len(example_requests())

    def test_anything_else_is_a_store_error_that_names_it(self, tmp_path: Path) -> None:
        for name, content in (("text.json", "no JSON"), ("list.json", "[]"), ("any.json", "{}")):
            (tmp_path / name).write_text(content)
        (tmp_path / "empty").mkdir()
        for name in ("text.json", "list.json", "any.json", "empty", "absent"):
            with pytest.raises(StoreError) as caught:
                self.make_store().load(tmp_path / name)
            assert name in str(caught.value)


def _sample_row(sample: Sample) -> dict[str, Any]:
    row = dataclasses.asdict(sample)
    return row | {"throttle": None if sample.throttle is None else list(sample.throttle)}


def _request_row(record: RequestRecord) -> dict[str, Any]:
    """The record as a row: `pass_index` is the column `pass`, a word that Python keeps."""
    row = dataclasses.asdict(record)
    return {"pass": row.pop("pass_index"), **row, "token_ns": list(record.token_ns)}
