"""The two tables of a run, and their Parquet form."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from llem_contracts import RequestRecord, Sample, StoreError

from llem_store.atomic import replacing
from llem_store.layout import STREAM_SUFFIX
from llem_store.stream import read_batches


def _required(name: str, kind: Any) -> Any:
    return pa.field(name, kind, nullable=False)


SAMPLES = pa.schema(
    [
        _required("monotonic_ns", pa.int64()),
        _required("device", pa.string()),
        pa.field("power_w", pa.float64()),
        pa.field("energy_j", pa.float64()),
        pa.field("temperature_c", pa.float64()),
        pa.field("sm_clock_mhz", pa.float64()),
        pa.field("memory_clock_mhz", pa.float64()),
        pa.field("performance_state", pa.int64()),
        pa.field("throttle", pa.list_(pa.string())),
    ]
)
REQUESTS = pa.schema(
    [
        _required("pass", pa.int64()),
        _required("request", pa.int64()),
        _required("batch", pa.int64()),
        _required("input_tokens", pa.int64()),
        _required("padded_tokens", pa.int64()),
        _required("output_tokens", pa.int64()),
        _required("discarded_tokens", pa.int64()),
        _required("start_ns", pa.int64()),
        pa.field("first_token_ns", pa.int64()),
        _required("end_ns", pa.int64()),
        _required("token_ns", pa.list_(pa.int64())),
        _required("measured", pa.bool_()),
        _required("process", pa.int64()),
    ]
)
_DELTAS = {
    "monotonic_ns": "monotonic_ns",
    "start_ns": "start_ns",
    "first_token_ns": "first_token_ns",
    "end_ns": "end_ns",
    "token_ns": "token_ns.list.element",
}
"""Times, by column: the Parquet leaf that is kept as differences."""
_REPEATED = {
    "device": "device",
    "performance_state": "performance_state",
    "throttle": "throttle.list.element",
    "pass": "pass",
    "batch": "batch",
    "process": "process",
}
"""Columns with few different values, and their Parquet leaf."""
_ROW_GROUP_ROWS = 1 << 20


def samples_batch(samples: Sequence[Sample]) -> pa.RecordBatch:
    """Samples as rows, at full precision."""
    return _batch(
        SAMPLES, [[getattr(sample, name) for sample in samples] for name in SAMPLES.names]
    )


def requests_batch(records: Sequence[RequestRecord]) -> pa.RecordBatch:
    """Request records as rows; `pass_index` is the column `pass`."""
    fields = ["pass_index" if name == "pass" else name for name in REQUESTS.names]
    return _batch(REQUESTS, [[getattr(record, name) for record in records] for name in fields])


def write_parquet(stream: Path, schema: pa.Schema, target: Path) -> None:
    """Turn a stream into a Parquet file: zstd, times as differences, repeated values by number.

    Raises `OSError`.
    """
    options: dict[str, Any] = {
        "compression": "zstd",
        "use_dictionary": [leaf for name, leaf in _REPEATED.items() if name in schema.names],
        "column_encoding": {
            leaf: "DELTA_BINARY_PACKED" for name, leaf in _DELTAS.items() if name in schema.names
        },
    }
    with replacing(target) as file, pq.ParquetWriter(file, schema, **options) as writer:
        for table in _grouped(read_batches(stream), schema):
            writer.write_table(table, row_group_size=_ROW_GROUP_ROWS)


def read_samples(folder: Path, name: str | None) -> pa.Table | None:
    """The series in a folder, with every column of today: all None where its file has no such
    column. None without a name, and where no sample was written. Raises `StoreError`."""
    table = _read_table(folder, name)
    if table is None:
        return None
    for field in SAMPLES:
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table


def read_requests(folder: Path, name: str | None) -> pa.Table | None:
    """The requests in a folder; None without a name, and where none was written.

    Raises `StoreError`.
    """
    return _read_table(folder, name)


def _read_table(folder: Path, name: str | None) -> pa.Table | None:
    """A Parquet file, or the whole batches of a stream."""
    if name is None:
        return None
    if name != PurePath(name).name:
        raise StoreError(
            f"the run in {folder} names {name!r}, which is outside its folder",
            cure="Take the run from where it was made.",
        )
    try:
        if name.endswith(STREAM_SUFFIX):
            batches = list(read_batches(folder / name))
            return pa.Table.from_batches(batches) if batches else None
        table: pa.Table = pq.ParquetFile(folder / name).read()
    except FileNotFoundError as error:
        raise StoreError(
            f"the run in {folder} names {name}, which is not there",
            cure=f"Copy {name} into the folder too.",
        ) from error
    except (OSError, pa.ArrowException) as error:
        raise StoreError(
            f"{folder / name} cannot be read: {error}",
            cure="Take it from a copy of the run, or run again.",
        ) from error
    return table


def _grouped(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Batches of a fraction of a second each, put together to row groups worth compressing."""
    group: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        group.append(batch)
        rows += batch.num_rows
        if rows >= _ROW_GROUP_ROWS:
            yield pa.Table.from_batches(group, schema)
            group, rows = [], 0
    if group:
        yield pa.Table.from_batches(group, schema)


def _batch(schema: pa.Schema, columns: Iterable[list[object]]) -> pa.RecordBatch:
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)
