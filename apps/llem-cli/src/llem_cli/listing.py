"""A folder of results as a table: for a terminal, a pipe, a page or a program."""

import csv
import dataclasses
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import llem

from llem_cli.columns import KEYS, Column, column
from llem_cli.printing import plain

SHOWN = (
    "path",
    "state",
    "model",
    "backend",
    "precision",
    "batch_size",
    "dataset",
    "n",
    "output_tokens_per_s",
    "energy_per_output_token_j",
    "energy_total_j",
    "ttft_p50_ms",
    "itl_p50_ms",
    "peak_memory_mib",
    "started_at",
    "warnings",
)
"""Columns of a table for people, unless they choose others."""
_DROPPED_FIRST = (
    "dataset",
    "n",
    "backend",
    "warnings",
    "started_at",
    "itl_p50_ms",
    "peak_memory_mib",
    "energy_total_j",
    "ttft_p50_ms",
    "model",
    "precision",
    "batch_size",
)
"""What a narrow terminal goes without, in this order."""
_GAP = "  "
_SHORTEST_NAME = 12


def table_lines(
    entries: Sequence[llem.CatalogueEntry],
    folder: Path,
    *,
    keys: Sequence[str] | None = None,
    columns: int | None = None,
    of: Sequence[llem.CatalogueEntry] | None = None,
) -> Iterator[str]:
    """A table in plain text, why some have no result, and how many there are.

    `keys` are columns that somebody chose: none is dropped. `columns` is the width of the terminal,
    None for no limit. `of` are all entries of which `entries` are those to be shown.
    """
    cells = _cells(entries, folder, _columns(entries, keys))
    if columns is not None:
        cells = _fitted(cells, columns, droppable=() if keys else _DROPPED_FIRST)
    widths = {c.key: max(len(text) for text in texts) for c, texts in cells.items()}
    for row in zip(*cells.values(), strict=True):
        line = _GAP.join(
            text.rjust(widths[c.key]) if c.figures else text.ljust(widths[c.key])
            for c, text in zip(cells, row, strict=True)
        )
        yield line.rstrip()
    without = [entry for entry in entries if entry.state != "complete"]
    if without:
        yield ""
        yield "Without a result"
        for entry in without:
            yield f"  {_name(entry, folder)}: {entry.state}: {plain(entry.reason or '')}"
    yield ""
    yield _count(entries, entries if of is None else of)


def markdown_lines(
    entries: Sequence[llem.CatalogueEntry], folder: Path, keys: Sequence[str] | None = None
) -> Iterator[str]:
    """A table in Markdown."""
    cells = _cells(entries, folder, _columns(entries, keys))
    for number, row in enumerate(zip(*cells.values(), strict=True)):
        yield f"| {' | '.join(text.replace('|', '&#124;') for text in row)} |"
        if number == 0:
            yield f"|{'|'.join('---:' if c.figures else '---' for c in cells)}|"


def csv_text(entries: Sequence[llem.CatalogueEntry], keys: Sequence[str] | None = None) -> str:
    """Every figure to its last digit; empty where there is none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    chosen = keys or KEYS
    writer.writerow(chosen)
    for entry in entries:
        values = (_plain_value(getattr(entry, key)) for key in chosen)
        writer.writerow(" ".join(v) if isinstance(v, list) else v for v in values)
    return text.getvalue().removesuffix("\n")


def json_text(entries: Sequence[llem.CatalogueEntry], keys: Sequence[str] | None = None) -> str:
    """A JSON array with an object per run."""
    chosen = keys or KEYS
    rows = [{key: _plain_value(getattr(entry, key)) for key in chosen} for entry in entries]
    return json.dumps(rows, ensure_ascii=False)


def _plain_value(value: object) -> object:
    match value:
        case Path():
            return str(value).encode(errors="surrogateescape").decode(errors="replace")
        case datetime():
            return value.isoformat()
        case tuple():
            return list(value)
        case _:
            return value


def _columns(
    entries: Sequence[llem.CatalogueEntry], keys: Sequence[str] | None
) -> tuple[Column, ...]:
    if keys is not None:
        return tuple(column(key) for key in keys)
    complete = all(entry.state == "complete" for entry in entries)
    return tuple(column(key) for key in SHOWN if key != "state" or not complete)


def _cells(
    entries: Sequence[llem.CatalogueEntry], folder: Path, columns: Sequence[Column]
) -> dict[Column, list[str]]:
    """The text of every cell below the title of its column."""
    relative = dataclasses.replace(column("path"), show=lambda entry: _name(entry, folder))
    shown = [relative if c.key == "path" else c for c in columns]
    return {c: [c.title, *(c.show(entry) for entry in entries)] for c in shown}


def _fitted(
    cells: dict[Column, list[str]], width: int, *, droppable: Sequence[str]
) -> dict[Column, list[str]]:
    """The cells that a width has room for: columns go, and then the beginnings of long names."""
    fitting = dict(cells)
    for key in droppable:
        if _width(fitting) <= width:
            return fitting
        fitting = {c: texts for c, texts in fitting.items() if c.key != key}
    for c, texts in fitting.items():
        if c.key == "path" and (over := _width(fitting) - width) > 0:
            room = max(_SHORTEST_NAME, max(map(len, texts)) - over)
            fitting[c] = [t if len(t) <= room else f"..{t[2 - room :]}" for t in texts]
    return fitting


def _width(cells: dict[Column, list[str]]) -> int:
    return sum(max(map(len, texts)) for texts in cells.values()) + len(_GAP) * (len(cells) - 1)


def _name(entry: llem.CatalogueEntry, folder: Path) -> str:
    """The run's folder, from the one that was asked about; its own name where it is that one."""
    path = str(entry.path)
    return plain(path.removeprefix(f"{folder}/") if entry.path != folder else folder.name)


def _count(shown: Sequence[llem.CatalogueEntry], of: Sequence[llem.CatalogueEntry]) -> str:
    states = Counter(entry.state for entry in of)
    complete = states.pop("complete", 0)
    parts = [f"{complete:,} {'result' if complete == 1 else 'results'}"]
    parts += [f"{number:,} {state}" for state, number in sorted(states.items())]
    few = f"; {len(shown):,} of {len(of):,} shown" if len(shown) < len(of) else ""
    return ", ".join(parts) + few
