"""Parquet files: a row per prompt. Needs pyarrow, which the extra `hub` brings."""

from pathlib import Path
from typing import Any

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
            found = prompt_column(file.schema_arrow.names, column, what=name)
            _of_text(file.schema_arrow.field(found), found, name)
            values = file.read(columns=[found]).column(found).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise DatasetError(
            "dataset_not_readable",
            f"{name} cannot be read as a Parquet file: {str(error).splitlines()[0]}",
            cure="Write the file again, or name another.",
        ) from error
    return Rows([_prompt(v, row, found, name) for row, v in enumerate(values, start=1)], found)


def _prompt(value: str | None, row: int, column: str, name: str) -> str:
    if value is None or not value.strip():
        raise DatasetError(
            "prompt_empty",
            f"row {row} of {name} has no prompt in {column!r}",
            cure="Write the prompt, or take the row out.",
        )
    return value


def _of_text(field: Any, column: str, name: str) -> None:
    from pyarrow import types

    kind = field.type.value_type if types.is_dictionary(field.type) else field.type
    if not (types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)):
        raise DatasetError(
            "prompt_not_text",
            f"the column {column!r} of {name} holds {field.type}, not text",
            cure="Name a column of texts in `dataset.column`.",
        )
