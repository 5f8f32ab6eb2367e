"""The column that holds the prompts."""

import difflib
from collections.abc import Sequence
from typing import Final

from llem_prompts.texts import DatasetError

DEFAULT_COLUMNS: Final = ("prompt", "text", "question")
"""Where a prompt is looked for when no column is named; the first that is there counts."""


def prompt_column(
    columns: Sequence[str],
    wanted: str | None,
    *,
    what: str,
    noun: str = "column",
    file: str | None = None,
    line: int | None = None,
) -> str:
    """The wanted one, or else the first of the default ones.

    `what`: what has the columns, such as `the header`. `noun`: what they are called. Raises
    `DatasetError` where it is missing, with the nearest one.
    """
    for column in (wanted,) if wanted is not None else DEFAULT_COLUMNS:
        if column in columns:
            return column
    sought = repr(wanted) if wanted is not None else "'prompt', 'text' or 'question'"
    near = difflib.get_close_matches(wanted or "", columns, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise DatasetError(
        "dataset_column_missing",
        f"{what} has no {noun} {sought}; it has {', '.join(map(repr, columns)) or 'none'}",
        cure=f"{hint}Name what holds the prompt in `dataset.column`.",
        file=file,
        line=line,
    )
