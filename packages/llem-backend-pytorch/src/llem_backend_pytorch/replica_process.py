"""A replica process, as the run sees it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from llem_contracts import BackendError

from llem_backend_pytorch.replica_messages import Message, line_of

MODULE = "llem_backend_pytorch.replica"

_END_TIMEOUT_S = 10.0
"""A process that was killed may hang in its driver."""
_READ_BYTES = 1 << 20
_LAST_WORDS_BYTES = 8192


def replica_command() -> tuple[str, ...]:
    """Starts a replica; the parent's process id comes behind it. Raises `BackendError`."""
    if not sys.executable or getattr(sys, "frozen", False):
        raise BackendError(
            "several processes need an interpreter of Python, and this program has none beside it",
            cure="Set pytorch.num_processes to 1.",
        )
    # -P: a file in the working folder must not stand in for a module of the library.
    return (sys.executable, "-P", "-m", MODULE)


class ReplicaProcess:
    """One process, started by exec in a session of its own: it shares no memory with the run, no
    signal of a terminal reaches it, and what it has started ends with it."""

    def __init__(self, number: int, command: Sequence[str], environ: Mapping[str, str]) -> None:
        """`environ`: what it gets beside the environment of the run. Raises `BackendError`."""
        self.number = number
        self._said = bytearray()
        self._to_send = memoryview(b"")
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                [*command, str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._words,
                bufsize=0,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(_import_path()), **environ},
            )
        except OSError as error:
            self._words.close()
            raise BackendError(
                f"process {number} cannot be started: {error}",
                cure="Lower pytorch.num_processes, or end other programs.",
            ) from error
        os.set_blocking(self.stdin, False)
        os.set_blocking(self.stdout, False)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def stdin(self) -> int:
        """Descriptor to write orders to."""
        assert self._process.stdin is not None
        return self._process.stdin.fileno()

    @property
    def stdout(self) -> int:
        """Descriptor to read messages from."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    @property
    def listens(self) -> bool:
        """Whether there is nothing more to send."""
        return not self._to_send

    def order(self, message: Message) -> None:
        """Have an order sent by the next calls of `send`."""
        self._to_send = memoryview(line_of(message))

    def send(self) -> None:
        """Send as much as the pipe takes. A process that is gone takes everything."""
        try:
            self._to_send = self._to_send[os.write(self.stdin, self._to_send) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # the end of its output tells why
            self._to_send = memoryview(b"")

    def take(self) -> list[Message] | None:
        """The messages that are there; None once it can say no more.

        Raises `BackendError` for what is no message.
        """
        try:
            said = os.read(self.stdout, _READ_BYTES)
        except BlockingIOError:
            return []
        if not said:
            return None
        self._said += said
        if b"\n" not in said:
            return []
        *lines, self._said = self._said.split(b"\n")
        try:
            return [json.loads(line) for line in lines]
        except ValueError as error:
            raise BackendError(
                f"process {self.number} said what is no message: {error}",
                cure="Reinstall llem-backend-pytorch.",
            ) from error

    def ending(self) -> str:
        """How it came to its end, and what it said last. Ends it where it only fell silent."""
        try:
            code = self._process.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return "closed its output"
        if code < 0:
            return f"was killed by {_signal_name(-code)}"
        said = self._last_words()
        return f"ended with code {code}" + (f": {said}" if said else "")

    def kill(self) -> None:
        """End it, with all that it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Wait for its end and let go of the pipes; to be called after `kill`."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_TIMEOUT_S)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._words.close()

    def _last_words(self) -> str:
        self._words.seek(max(self._words.seek(0, os.SEEK_END) - _LAST_WORDS_BYTES, 0))
        lines = self._words.read().decode(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _import_path() -> list[str]:
    """Where this process finds modules, so that the new one finds the same."""
    return [str(Path(entry).absolute()) for entry in sys.path]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
