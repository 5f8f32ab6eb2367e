"""Asking git without changing anything, and without waiting for ever."""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

TIMEOUT_S = 5.0

Git = Callable[[Sequence[str], Path], "subprocess.CompletedProcess[str]"]
"""Runs git with these arguments in a folder. Raises `OSError` where there is no git, and
`subprocess.TimeoutExpired` where it takes too long."""

_HARMLESS = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
"""A repository may name programs of its own to be started: none is."""
_QUIET = {
    "GIT_OPTIONAL_LOCKS": "0",  # the index of somebody who works there stays as it is
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",  # nothing is fetched for a partial clone
    "LC_ALL": "C",
}


def run_git(
    arguments: Sequence[str],
    folder: Path,
    *,
    program: Sequence[str] = ("git",),
    timeout_s: float = TIMEOUT_S,
) -> "subprocess.CompletedProcess[str]":
    """A `Git`. What git itself has started ends with it."""
    command = [*program, *_HARMLESS, *arguments]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | _QUIET,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="backslashreplace",
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=timeout_s)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)
