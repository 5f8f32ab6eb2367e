"""`llem show`"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import llem
from cyclopts import Parameter

from llem_cli import completers
from llem_cli.columns import chosen_keys, in_order, known_key
from llem_cli.on_terminal import fitted_to
from llem_cli.printing import can_write, columns_of, write_lines
from llem_cli.progress import busy_with

_MOST_STEPS = 100
"""Of the picture of the power, on a wide terminal."""
_BESIDE_THE_PICTURE = 10
"""Columns: the indent, and the word beside the mark of the window."""


def show(
    path: Path | None = None,
    /,
    *,
    sort: Annotated[str | None, Parameter(completer=completers.columns)] = None,
    reverse: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    columns: Annotated[str | None, Parameter(completer=completers.lists_of_columns)] = None,
    limit: int | None = None,
    csv: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    markdown: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
) -> int:
    """Show one result in detail, or a folder of results as a table.

    Parameters
    ----------
    path
        A result, or a folder of results [default: where llem run saves].
    sort
        Column to sort by; what lacks it comes last [default: path].
    reverse
        The highest first.
    columns
        Columns to show, with commas between them, or all.
    limit
        Show this many rows at most.
    csv
        Print every column as CSV.
    markdown
        Print the table in Markdown.
    json_
        Print the result, or a list with an object per run, as JSON.
    """
    keys = None if columns is None else chosen_keys(columns)
    key = "path" if sort is None else known_key(sort)
    if limit is not None and limit < 0:
        raise llem.ConfigError(f"--limit {limit} is no number of rows", cure="Give 0 or more.")
    if (csv, markdown, json_).count(True) > 1:
        raise llem.ConfigError(
            "a table has one form", cure="Give one of --csv, --markdown, --json."
        )
    place = Path(llem.default_results_dir()) if path is None else path
    tabular = csv or markdown or keys is not None or sort is not None
    if place.is_file() and not tabular:
        return _show_run(place, as_json=json_)
    with busy_with("read results"):  # ten thousand new ones take seconds
        entries = llem.catalogue(place.parent if place.is_file() else place)
    if not entries:
        raise llem.StoreError(
            f"there are no results in {place}", cure="llem run saves some; see llem run --help."
        )
    if not tabular and entries[0].path == place:
        return _show_entry(entries[0], as_json=json_)
    ordered = in_order(entries, key, reverse=reverse)
    shown = ordered[:limit]
    width = columns_of(sys.stdout) if sys.stdout.isatty() else None
    write_lines(_table(shown, place, entries, keys, width, csv, markdown, json_), sys.stdout)
    return 0


def _table(
    shown: list[llem.CatalogueEntry],
    place: Path,
    entries: tuple[llem.CatalogueEntry, ...],
    keys: tuple[str, ...] | None,
    width: int | None,
    csv: bool,
    markdown: bool,
    as_json: bool,
) -> Iterator[str]:
    from llem_cli.listing import csv_text, json_text, markdown_lines, table_lines

    if as_json:
        yield json_text(shown, keys)
    elif csv:
        yield csv_text(shown, keys)
    elif markdown:
        yield from markdown_lines(shown, place, keys)
    else:
        yield from table_lines(shown, place, keys=keys, columns=width, of=entries)


def _show_entry(entry: llem.CatalogueEntry, *, as_json: bool) -> int:
    """A run by its folder, with or without a result."""
    from llem_cli.detail import left_lines
    from llem_cli.listing import json_text

    if entry.state in ("complete", "broken"):  # loading tells what is wrong with a broken one
        return _show_run(entry.path, as_json=as_json)
    if as_json:
        write_lines([json_text([entry])], sys.stdout)
        return 0
    lines = left_lines(entry, llem.load_partial(entry.path))
    write_lines(lines, sys.stdout)
    return 0


def _show_run(path: Path, *, as_json: bool) -> int:
    run = llem.load_result(path)
    result_dir = os.fspath(run.path)
    if as_json:
        document = run.result.model_dump(mode="json") | {"result_dir": result_dir}
        write_lines([json.dumps(document, ensure_ascii=False)], sys.stdout)
        return 0
    from llem_cli.detail import detail_lines
    from llem_cli.sparkline import BLOCKS

    columns = columns_of(sys.stdout)
    lines = detail_lines(
        run,
        result_dir,
        columns=max(1, min(_MOST_STEPS, columns - _BESIDE_THE_PICTURE)),
        blocks=can_write(sys.stdout, BLOCKS),
    )
    write_lines(fitted_to(sys.stdout, lines), sys.stdout)
    return 0
