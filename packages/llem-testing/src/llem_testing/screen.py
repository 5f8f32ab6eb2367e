"""What a terminal shows, from what is written to it."""

import re
from collections.abc import Iterator

import pyte

_PIECE = re.compile(rb"[^\r\n\b\x1b]+[\r\n\b\x1b]?|[\r\n\b\x1b]")


def pieces(written: bytes) -> Iterator[bytes]:
    """Output in pieces, after each of which the cursor goes back, down or elsewhere.

    What is drawn over later has been whole on the screen after one of them.
    """
    return (match.group() for match in _PIECE.finditer(written))


class Screen:
    """A screen of so many columns and rows, as xterm draws it."""

    def __init__(self, columns: int, rows: int) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def lines(self) -> tuple[str, ...]:
        """From the top to the last that is not empty, without blanks at their ends."""
        return tuple("\n".join(line.rstrip() for line in self._screen.display).rstrip().split("\n"))

    def feed(self, written: bytes) -> None:
        """Draw what was written next."""
        self._stream.feed(written)

    def resize(self, columns: int, rows: int) -> None:
        """What does not fit is cut off."""
        self._screen.resize(rows, columns)
