"""Text that any terminal and any pipe takes."""

import io
import os
from collections.abc import Iterable
from typing import Any, TextIO


def plain(text: str) -> str:
    """A name from a file or a folder without what steers a terminal, or has no UTF-8 form."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "?" for char in text)


def can_write(stream: TextIO, text: str) -> bool:
    """Whether a stream's encoding has all characters of a text."""
    try:
        text.encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def columns_of(stream: TextIO) -> int:
    """Width of a terminal; 80 where it does not say."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80


def write_lines(lines: Iterable[str], stream: TextIO) -> None:
    """Print lines; `±` becomes `+-` where the encoding lacks it, any other such a question mark."""
    encoding = stream.encoding or "utf-8"
    plus_minus = can_write(stream, "±")
    for text in lines:
        line = text if plus_minus else text.replace("±", "+-")
        stream.write(line.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()


def outliving_its_reader(stream: TextIO | None) -> TextIO:
    """The stream, for which a reader that goes away is no error; one to nowhere for a closed one.

    Who goes away, as `head` does, has seen what they asked for.
    """
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123
    return io.TextIOWrapper(
        io.BufferedWriter(_Outliving(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=bool(stream.line_buffering),
    )


class _Outliving(io.FileIO):
    """Leads to nowhere once its reader went away."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
                os.dup2(nowhere.fileno(), self.fileno())
            return len(data)
