"""Reads what a process writes, on several descriptors, in the thread that asks."""

import contextlib
import os
import selectors
import time
from collections.abc import Callable, Mapping

_CHUNK_BYTES = 1 << 16


class Outlets:
    """What has been written so far, by the name of the outlet.

    Nobody reads in between: a process that writes much waits until somebody asks.
    """

    def __init__(self, descriptors: Mapping[str, int], process_id: int) -> None:
        """Takes the descriptors over: `close` closes them."""
        self._written = {name: bytearray() for name in descriptors}
        self._descriptors = dict(descriptors)
        self._end = os.pidfd_open(process_id)
        self._over = False
        """The process has ended and nothing is left to read."""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._end, selectors.EVENT_READ, None)
        for name, descriptor in self._descriptors.items():
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ, name)

    def raw(self, name: str) -> bytes:
        """What came from an outlet; nothing for one that there is not."""
        return bytes(self._written.get(name, b""))

    def text(self, name: str) -> str:
        """The same as text; half a character at the end is left out."""
        return self.raw(name).decode(errors="ignore")

    def read_until(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Read until the condition holds, the process has ended, or the time is over.

        Gives whether the condition holds. It is looked at after each piece.
        """
        deadline_s = time.monotonic() + within_s
        while not condition():
            left_s = deadline_s - time.monotonic()
            if self._over or left_s <= 0:
                return False
            self._read(left_s)
        return True

    def read_to_the_end(self, within_s: float) -> bool:
        """Read until the process has ended and all that it wrote is here; whether it did."""
        return self.read_until(lambda: self._over, within_s)

    def read_what_is_there(self) -> None:
        """Read what has been written, and wait for nothing."""
        while self._read(0.0):
            pass

    def close_one(self, name: str) -> None:
        """Close an outlet; what was written to it stays."""
        descriptor = self._descriptors.pop(name)
        with contextlib.suppress(KeyError):  # it had come to its end
            self._selector.unregister(descriptor)
        os.close(descriptor)

    def close(self) -> None:
        """Close all of them; what was written stays."""
        self._selector.close()
        for descriptor in (*self._descriptors.values(), self._end):
            os.close(descriptor)

    def _read(self, within_s: float) -> bool:
        """Take one piece from each outlet that has some; whether there was any."""
        ready = [key for key, _ in self._selector.select(within_s)]
        read = [self._take(key.fd, key.data) for key in ready if key.data is not None]
        self._over = not any(read) and any(key.data is None for key in ready)
        return any(read)

    def _take(self, descriptor: int, name: str) -> bool:
        """Whether there was something."""
        try:
            piece = os.read(descriptor, _CHUNK_BYTES)
        except BlockingIOError:
            return False
        except OSError:  # how a terminal that nobody has open any more ends
            piece = b""
        if not piece:
            self._selector.unregister(descriptor)
        self._written[name] += piece
        return bool(piece)
