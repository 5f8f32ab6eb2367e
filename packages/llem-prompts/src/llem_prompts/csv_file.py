"""CSV files: a header, then a row per prompt."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager

from llem_prompts.columns import prompt_column
from llem_prompts.rows import Rows
from llem_prompts.texts import DatasetError


def prompts_of_csv(content: str, path: str, column: str | None) -> Rows:
    """The prompts of a CSV file whose first row names the columns; empty rows are skipped.

    Fields are parted by commas; one in double quotes may hold commas, line ends and doubled quotes.
    Raises `DatasetError`, with the line, for a header without the column, and for a row that is
    broken, too short, or has no prompt there.
    """
    with _fields_of(len(content)):
        reader = csv.reader(io.StringIO(content, newline=""), strict=True)
        try:
            header = next(reader, [])
            if not header:
                return Rows([], None)
            name = prompt_column(header, column, what="the header", file=path, line=1)
            if header.count(name) > 1:
                raise _broken(f"the header has {name!r} twice", path, 1)
            place = header.index(name)
            return Rows(
                [_prompt(row, place, name, path, reader.line_num) for row in reader if row], name
            )
        except csv.Error as error:
            raise _broken(f"the row is not CSV: {error}", path, reader.line_num) from error


def _prompt(row: list[str], place: int, name: str, path: str, line: int) -> str:
    if len(row) <= place:
        raise _broken(f"the row ends before the column {name!r}", path, line)
    if not row[place].strip():
        raise DatasetError(
            "prompt_empty",
            f"the value of {name!r} is an empty prompt",
            cure="Write the prompt, or take the row out.",
            file=path,
            line=line,
        )
    return row[place]


def _broken(why: str, path: str, line: int) -> DatasetError:
    return DatasetError(
        "dataset_line_broken",
        why,
        cure="Write one row per prompt, and put what holds commas, quotes or line ends in quotes.",
        file=path,
        line=line,
    )


@contextmanager
def _fields_of(characters: int) -> Iterator[None]:
    """Let a field be so long. The limit is that of the process, so it is put back."""
    before = csv.field_size_limit()
    csv.field_size_limit(max(before, characters))
    try:
        yield
    finally:
        csv.field_size_limit(before)
