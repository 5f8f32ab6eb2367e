"""The installed command in a pseudo-terminal: what a person sees and types.

    with in_terminal(llem, "run", "-m", "builtin:tiny", columns=40) as terminal:
        terminal.wait_until_shows("measure:")
        terminal.type(CTRL_C)
        assert terminal.finish().code == 130
        assert terminal.lines[-1] == "llem: interrupted"

The terminal controls the command's session, so keys become signals as they do for a person. It
works where the tests themselves have no terminal.
"""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from llem_testing.family import MARK, Family
from llem_testing.launch import launch
from llem_testing.process import Command
from llem_testing.running import GUARD_S, Finished, Running
from llem_testing.screen import Screen, pieces

CTRL_C = "\x03"
CTRL_BACKSLASH = "\x1c"


class Terminal(Running):
    """A command that runs in a pseudo-terminal.

    The screen moves on only while something is waited for, and stops at the first instant that
    fits: `lines` shows that instant, whatever was written since.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        family: Family,
        descriptors: Mapping[str, int],
        size: tuple[int, int],
    ) -> None:
        """The descriptor `terminal` is the terminal's other side. `size`: columns and rows."""
        super().__init__(process, family, descriptors)
        self._other_side = descriptors["terminal"]
        self._screen = Screen(*size)
        self._drawn_bytes = 0
        self._sizes = [(0, size)]

    @property
    def lines(self) -> tuple[str, ...]:
        """The screen as it stands, to the last line that is not empty."""
        return self._screen.lines

    @property
    def raw(self) -> bytes:
        """All bytes that the terminal was sent so far."""
        return self._outlets.raw("terminal")

    def instants(self) -> Iterator[tuple[str, ...]]:
        """The screen as it stood at each instant, from the beginning to that of `lines`."""
        screen = Screen(*self._sizes[0][1])
        ends = [*self._sizes, (self._drawn_bytes, (0, 0))]
        for (start, size), (end, _) in pairwise(ends):
            screen.resize(*size)
            for piece in pieces(self.raw[start:end]):
                screen.feed(piece)
                yield screen.lines

    def wait_until_shows(self, text: str, within_s: float = GUARD_S) -> tuple[str, ...]:
        """Let the screen move on until a line has this text; gives the screen's lines."""
        self._wait(lambda: self._draws(text), f"{text!r} on the screen", within_s)
        return self.lines

    def type(self, keys: str) -> None:
        """Press keys. Ctrl-C interrupts the foreground process group."""
        os.write(self._other_side, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Drag the window's corner, once the screen shows all that was written until now."""
        self._outlets.read_what_is_there()
        self._draw_all()
        set_size(self._other_side, columns, rows)
        self._screen.resize(columns, rows)
        self._sizes.append((self._drawn_bytes, (columns, rows)))

    def hang_up(self) -> None:
        """Close the window, or lose the connection: the command gets SIGHUP and has no screen."""
        self._outlets.close_one("terminal")

    def finish(self, within_s: float = GUARD_S) -> Finished:
        """As `Running.finish`; the screen then stands as the command leaves it."""
        finished = super().finish(within_s)
        self._draw_all()
        return finished

    def _draws(self, text: str) -> bool:
        """Draw what is not drawn yet, up to the instant at which a line has the text."""
        for piece in pieces(self.raw[self._drawn_bytes :]):
            if self._shows(text):
                return True
            self._screen.feed(piece)
            self._drawn_bytes += len(piece)
        return self._shows(text)

    def _shows(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def _draw_all(self) -> None:
        for piece in pieces(self.raw[self._drawn_bytes :]):
            self._screen.feed(piece)
            self._drawn_bytes += len(piece)

    def _so_far(self) -> str:
        return "\n".join(["screen:", *self.lines, super()._so_far()])


def in_terminal(
    command: Command,
    *arguments: str,
    columns: int = 80,
    rows: int = 24,
    pipes: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> Terminal:
    """Start `command` in a terminal.

    `pipes`: which of `stdout` and `stderr` go to a pipe instead, as with `llem run >file`.
    """
    environ = {"TERM": "xterm-256color", **command.environ_of_one(env)}
    other_side, terminal = pty.openpty()
    try:
        set_size(terminal, columns, rows)
        process, readable = launch(
            (*command.program, *arguments), command.folder, environ, terminal=terminal, pipes=pipes
        )
    except BaseException:
        os.close(other_side)
        raise
    finally:
        os.close(terminal)
    descriptors = {"terminal": other_side, **readable}
    return Terminal(process, Family(environ[MARK]), descriptors, (columns, rows))


def set_size(descriptor: int, columns: int, rows: int) -> None:
    """Give a terminal its size; whoever runs in its foreground gets SIGWINCH."""
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
