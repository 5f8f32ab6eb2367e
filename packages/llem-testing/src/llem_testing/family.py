"""The processes that come from one command, wherever they have gone.

A mark in the environment tells them: it passes to every child and stays when a process leaves its
session or loses its parent, where a process id or a group is lost. Linux: read from `/proc`.
"""

import os
import signal
import time
import uuid
from pathlib import Path

MARK = "LLEM_TESTING_FAMILY"
"""Environment variable that holds the name of a family."""

_LOOK_EVERY_S = 0.02


class Family:
    """All living processes whose mark begins alike."""

    def __init__(self, mark: str) -> None:
        self._entry = f"{MARK}={mark}".encode()

    @staticmethod
    def new_mark(within: str = "") -> str:
        """A mark that nobody has; its family belongs to that of `within`."""
        return f"{within}/{uuid.uuid4().hex}"

    def members(self) -> dict[int, str]:
        """Command lines by process id. One that has ended is no member, waited for or not."""
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) == os.getpid():
                continue
            try:
                variables = (folder / "environ").read_bytes().split(b"\0")
                if any(variable.startswith(self._entry) for variable in variables):
                    words = (folder / "cmdline").read_bytes().split(b"\0")
                    found[int(folder.name)] = b" ".join(words).decode(errors="replace").strip()
            except OSError:  # it has ended meanwhile, or is somebody else's
                continue
        return found

    def kill(self, within_s: float = 10.0) -> None:
        """End all of them, also those that are born meanwhile. Raises `AssertionError` where one
        does not die within the time."""
        deadline_s = time.monotonic() + within_s
        while members := self.members():
            for pid in members:
                _kill(pid)
            assert time.monotonic() < deadline_s, f"these cannot be killed: {_listed(members)}"
            time.sleep(_LOOK_EVERY_S)

    def assert_gone(self, within_s: float = 5.0) -> None:
        """Wait for the last one to end. Raises `AssertionError` that names those still there."""
        deadline_s = time.monotonic() + within_s
        while members := self.members():
            assert time.monotonic() < deadline_s, f"these live on: {_listed(members)}"
            time.sleep(_LOOK_EVERY_S)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _listed(members: dict[int, str]) -> str:
    return "; ".join(f"{pid}: {line}" for pid, line in sorted(members.items()))
