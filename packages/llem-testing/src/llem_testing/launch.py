"""Starts a program as a person's shell would: in a session of its own, with default signals."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

# What its parent ignores, a new process ignores too: whatever runs the tests must not decide
# whether Ctrl-C reaches the program. The first program takes the terminal and becomes the second.
_BECOME = """
import fcntl, os, signal, sys, termios
for name in ("SIGHUP", "SIGINT", "SIGPIPE", "SIGQUIT", "SIGTERM", "SIGXFSZ"):
    signal.signal(getattr(signal, name), signal.SIG_DFL)
if sys.argv[1] == "terminal":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[2], sys.argv[2:])
"""


def launch(
    program: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    *,
    terminal: int | None = None,
    pipes: Sequence[str] = ("stdout", "stderr"),
) -> tuple[subprocess.Popen[bytes], dict[str, int]]:
    """Start it in `folder`; gives the process and descriptors to read its `pipes` from, by name.

    A `terminal` controls its session, is its stdin, and takes what does not go to a pipe. Without
    one its stdin is empty. The process id is also that of the session and of the process group.
    """
    with ExitStack() as ours, ExitStack() as theirs:
        readable: dict[str, int] = {}
        writable = dict.fromkeys(("stdout", "stderr"), terminal)
        for name in pipes:
            read, write = os.pipe()
            readable[name], writable[name] = read, write
            ours.callback(os.close, read)
            theirs.callback(os.close, write)
        process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", "-c", _BECOME),
                "no terminal" if terminal is None else "terminal",
                *program,
            ],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL if terminal is None else terminal,
            stdout=writable["stdout"],
            stderr=writable["stderr"],
            start_new_session=True,
        )
        ours.pop_all()
    return process, readable
