"""Parquet files: a row per prompt. Needs pyarrow, which the extra `hub` brings."""

from pathlib import Path
from typing import Any, BinaryIO

from llem_prompts.columns import prompt_column
from llem_prompts.rows import Rows
from llem_prompts.texts import DatasetError


def prompts_of_parquet(path: Path, name: str, column: str | None) -> Rows:
    """The prompts of a Parquet file. Only their column is read.

    `name`: the file in a sentence. Raises `DatasetError` for what is no Parquet file, for one
    without the column, and for a row that has no text there.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            found = _column(file, name, column)
            values = file.read(columns=[found]).column(found).to_pylist()
    except UnicodeDecodeError as error:
        raise DatasetError(
            "dataset_not_utf8",
            f"a text in the column {found!r} of {name} is not UTF-8",
            cure="Write the file again from texts that are.",
        ) from error
    except (pyarrow.ArrowException, OSError) as error:
        raise _unreadable(name, error) from error
    return Rows([_prompt(v, row, found, name) for row, v in enumerate(values, start=1)], found)


def parquet_rows(file: BinaryIO, name: str, column: str | None) -> tuple[int, str]:
    """Rows of a Parquet file and the column of their prompts, of which the footer alone is read.

    Raises `DatasetError` as `prompts_of_parquet` does, and what `file` raises.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(file) as opened:
            return opened.metadata.num_rows, _column(opened, name, column)
    except pyarrow.ArrowException as error:
        raise _unreadable(name, error) from error


def _prompt(value: str | None, row: int, column: str, name: str) -> str:
    if value is None or not value.strip():
        raise DatasetError(
            "prompt_empty",
            f"row {row} of {name} has no prompt in {column!r}",
            cure="Write the prompt, or take the row out.",
        )
    return value


def _column(file: Any, name: str, wanted: str | None) -> str:
    from pyarrow import types

    names = file.schema_arrow.names
    column = prompt_column(names, wanted, what=name)
    if names.count(column) > 1:
        raise DatasetError(
            "dataset_column_repeated",
            f"{name} has the column {column!r} more than once",
            cure="Rename all but one of them.",
        )
    told = file.schema_arrow.field(column).type
    kind = told.value_type if types.is_dictionary(told) else told
    if not (types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)):
        raise DatasetError(
            "prompt_not_text",
            f"the column {column!r} of {name} holds {told}, not text",
            cure="Name a column of texts in `dataset.column`.",
        )
    return column


def _unreadable(name: str, error: Exception) -> DatasetError:
    return DatasetError(
        "dataset_not_readable",
        f"{name} cannot be read as a Parquet file: {str(error).splitlines()[0]}",
        cure="Write the file again, or name another.",
    )
