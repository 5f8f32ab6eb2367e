"""A summary as a terminal shows it: as wide as the terminal is, and a little coloured."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from llem_cli.layout import LABEL_COLUMNS
from llem_cli.printing import columns_of

_BOLD, _YELLOW, _PLAIN = "\x1b[1m", "\x1b[33m", "\x1b[0m"
_LABELLED = re.compile(rf"(?=.{{{LABEL_COLUMNS - 1}}} )([A-Z][A-Za-z ]*?)( {{2,}}\S.*)")
_CODE = re.compile(r"(  )([a-z_0-9]+:)( .*)")
_CODE_INDENT = 4
_TO_COPY = "Next: "


def in_colour(stream: TextIO, environ: Mapping[str, str], wish: str) -> bool:
    """Whether a stream takes colour, by what it is, `NO_COLOR`, `TERM` and `ui.color`."""
    if wish == "never" or environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def fitted_to(stream: TextIO, lines: Iterable[str]) -> Iterable[str]:
    """Lines as a stream takes them: fitted to a terminal, as they are for a pipe."""
    return fitted(lines, columns_of(stream)) if stream.isatty() else lines


def fitted(lines: Iterable[str], columns: int) -> Iterator[str]:
    """Lines that fit, where they can: what goes on stands below the beginning of its text.

    Words such as paths are not broken, and a command to copy stays whole.
    """
    for line in lines:
        if len(line) <= columns or line.startswith(_TO_COPY):
            yield line
            continue
        if _LABELLED.fullmatch(line) or line.startswith(" " * LABEL_COLUMNS):
            indent = LABEL_COLUMNS
        else:
            indent = _CODE_INDENT
        kept = len(line) - len(line.lstrip())
        yield from textwrap.wrap(
            line.lstrip(),
            columns,
            initial_indent=" " * min(kept, columns // 3),
            subsequent_indent=" " * min(indent, columns // 3),
            break_long_words=False,
            break_on_hyphens=False,
            replace_whitespace=False,
            drop_whitespace=True,
        )


def coloured(lines: Iterable[str]) -> Iterator[str]:
    """Labels bold, and the codes of warnings yellow."""
    for line in lines:
        if match := _LABELLED.fullmatch(line):
            yield f"{_BOLD}{match[1]}{_PLAIN}{match[2]}"
        elif line == "Warnings":
            yield f"{_BOLD}{_YELLOW}{line}{_PLAIN}"
        elif match := _CODE.fullmatch(line):
            yield f"{match[1]}{_YELLOW}{match[2]}{_PLAIN}{match[3]}"
        else:
            yield line
