"""A sampler process, as its parent sees it."""

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from llem_energy.poll import Poll
from llem_energy.poll_log import Layout, PassReader
from llem_energy.sampler_process import READY

_LOG_BYTES = 8 * 2**20
"""Thirteen minutes of one device, 100 s of eight, at a poll every 20 ms."""
_START_TIMEOUT_S = 10.0
_END_TIMEOUT_S = 1.0
_WORDS_BYTES = 8192


class SamplerUnavailable(Exception):
    """No sampler process could be started, or it got nowhere."""


class SamplerChild:
    """Starts a process that polls devices, and takes its polls.

    The process is made by exec, in a session of its own: it shares neither memory nor descriptors
    with this one but the log, and no signal of the terminal reaches it. The log is a file without
    a name, so nothing of it is left when both processes have ended, however they do.
    """

    def __init__(
        self,
        sensors: str,
        devices: Sequence[str],
        period_s: float,
        *,
        python: str | None = sys.executable,
        timeout_s: float = _START_TIMEOUT_S,
    ) -> None:
        """`sensors`: `module:function` that opens the sensors of the devices in the new process.

        Returns after the first pass. Raises `SamplerUnavailable`.
        """
        if not python or getattr(sys, "frozen", False):
            raise SamplerUnavailable("this program has no interpreter of Python beside it")
        layout = Layout.filling(_LOG_BYTES, len(devices))
        self.log_span_s = layout.slots * period_s
        """How long the log keeps a pass."""
        self._words = b""
        try:
            self._log = _nameless_file()
        except OSError as error:
            raise SamplerUnavailable(f"there is no place for its log: {error}") from error
        try:
            self._reader = PassReader(self._log, layout)
            arguments = (str(self._log), str(os.getpid()), repr(period_s), sensors, *devices)
            self._process = _start(python, arguments, self._log)
        except (AttributeError, OSError, ValueError) as error:  # the first: no POSIX system
            os.close(self._log)
            raise SamplerUnavailable(f"it cannot be started: {error}") from error
        try:
            self._await_first_pass(timeout_s)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def passes(self) -> Iterator[tuple[int, tuple[Poll, ...]]]:
        """Number and polls of each new pass, in order; a missing number is a pass that was lost."""
        return self._reader.passes()

    def failure(self) -> str | None:
        """Why the process has ended; None while it polls."""
        code = self._process.poll()
        if code is None:
            return None
        if code < 0:
            return f"the sampler process was killed by {_signal_name(-code)}"
        self._listen()
        _, _, words = self._words.rpartition(READY)
        lines = words.decode(errors="replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), None)
        return f"the sampler process failed: {said or f'it ended with code {code}'}"

    def end(self) -> None:
        """Stop polling. What was polled can still be read."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()  # it hangs in the driver
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_TIMEOUT_S)

    def close(self) -> None:
        """Stop polling and let go of the log."""
        self.end()
        assert self._process.stdout is not None
        self._process.stdout.close()
        os.close(self._log)

    def _await_first_pass(self, timeout_s: float) -> None:
        assert self._process.stdout is not None
        deadline_s = time.monotonic() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while READY not in self._words:
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    raise SamplerUnavailable(f"it made no pass within {timeout_s:g} s")
                if selector.select(left_s) and not self._listen():
                    self._process.wait(_END_TIMEOUT_S)
                    raise SamplerUnavailable(self.failure() or "it closed its output")

    def _listen(self) -> bool:
        """Take in what the process has said so far; False once it can say no more."""
        assert self._process.stdout is not None
        while True:
            try:
                said = os.read(self._process.stdout.fileno(), _WORDS_BYTES)
            except BlockingIOError:
                return True
            if not said:
                return False
            self._words = (self._words + said)[-_WORDS_BYTES:]


def _start(python: str, arguments: Sequence[str], log: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        # -P: a file in the working folder must not stand in for a module of the library.
        [python, "-P", "-m", "llem_energy.sampler_process", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        pass_fds=(log,),
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(_import_path())},
    )
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    return process


def _import_path() -> list[str]:
    """Where this process finds modules, so that the new one finds the same."""
    return [str(Path(entry).absolute()) for entry in sys.path if isinstance(entry, str)]


def _nameless_file() -> int:
    """Descriptor of an empty file that is gone when nobody has it open any more."""
    try:
        return os.memfd_create("llem-energy-polls")
    except (AttributeError, OSError):  # a kernel or a sandbox without it
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
