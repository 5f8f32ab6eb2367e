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
        self._rows: dict[int, str] = {}
        """Those that did not change since they were last asked for."""

    @property
    def lines(self) -> tuple[str, ...]:
        """From the top to the last that is not empty, without blanks at their ends."""
        for row in self._screen.dirty & set(range(self._screen.lines)):
            cells = self._screen.buffer[row]
            self._rows[row] = "".join(
                cells[column].data for column in range(self._screen.columns)
            ).rstrip()
        self._screen.dirty.clear()
        rows = (self._rows.get(row, "") for row in range(self._screen.lines))
        return tuple("\n".join(rows).rstrip().split("\n"))

    def feed(self, written: bytes) -> None:
        """Draw what was written next."""
        self._stream.feed(written)

    def resize(self, columns: int, rows: int) -> None:
        """What does not fit is cut off."""
        self._screen.resize(rows, columns)
        self._screen.dirty.update(range(rows))
