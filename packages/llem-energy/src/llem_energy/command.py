"""A command from its start to its end, and what it is told meanwhile.

The command stays in the process group of this process. So it gets by itself what a terminal sends
to the group (Ctrl-C, Ctrl-\\, Ctrl-Z, a hang-up); this process survives it and waits. A signal that
another process sends to this one alone is passed on to the command. The kernel tells the two apart
in `si_code` (sigaction(2)): above 0 it speaks itself, 0 and below are processes.

While it lasts the signals are blocked in the thread that runs the command, and a thread of its own
waits for them. A thread that leaves them open would take them away: see `quietly`.
"""

import errno
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

from llem_contracts import CommandError, ConfigError

T = TypeVar("T")

_PASSED_ON = frozenset(
    {
        signal.SIGHUP,
        signal.SIGINT,
        signal.SIGQUIT,
        signal.SIGTERM,
        signal.SIGTSTP,
        signal.SIGUSR1,
        signal.SIGUSR2,
    }
)
_ENOUGH = signal.SIGRTMAX
"""Ends the passing on. Nobody else sends it within this process."""
_WAITED_FOR = _PASSED_ON | {_ENOUGH}
_OF_JOB_CONTROL = frozenset({signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
_NOT_FOUND, _NOT_RUNNABLE = 127, 126
_STDOUT = 1


class Command:
    """A program to be run once, inside a `with`.

    Where the block ends the command has ended, and so has the passing on of signals; those that
    came after its end are forgotten.
    """

    def __init__(self, arguments: Sequence[str], stdout: int | None = None) -> None:
        """`arguments`: the program, looked for in PATH, and what it is given.

        `stdout`: descriptor that takes the command's stdout; None: that of this process. Raises
        `ConfigError` where there is no program.
        """
        if not arguments:
            raise ConfigError("there is no command to run", cure="Name a program.")
        self._arguments = tuple(arguments)
        self._stdout = stdout
        self._pid: int | None = None
        self._mask: set[int | signal.Signals] | None = None
        self._passing_on: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._passing_on is not None and self._passing_on.ident is not None:
            signal.pthread_kill(self._passing_on.ident, _ENOUGH)
            self._passing_on.join()
        if self._pid is not None:
            os.waitpid(self._pid, 0)
        if self._mask is not None:
            while signal.sigtimedwait(_PASSED_ON, 0) is not None:
                pass
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def run(self) -> int:
        """Start it and wait for its end. Gives its exit code, 128 + N where signal N killed it.

        Raises `CommandError` where it cannot be started.
        """
        self._mask = _signal_mask()
        signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
        self._pid = pid = self._spawned(self._mask)
        self._passing_on = threading.Thread(
            target=_pass_on, args=(pid,), name="llem-energy-signals", daemon=True
        )
        with suppress(RuntimeError):  # no thread to be had: the terminal reaches the command anyway
            self._passing_on.start()
        return _end_of(pid)

    def _spawned(self, mask: set[int | signal.Signals]) -> int:
        redirected = [] if self._stdout is None else [(os.POSIX_SPAWN_DUP2, self._stdout, _STDOUT)]
        program = self._arguments[0]
        try:
            return os.posix_spawnp(
                program,
                self._arguments,
                os.environ,
                file_actions=redirected,
                setsigmask=mask,
                setsigdef=_IGNORED_BY_PYTHON,
            )
        except OSError as error:
            found = error.errno != errno.ENOENT
            raise CommandError(
                f"cannot start {program!r}: {error.strerror}",
                exit_code=_NOT_RUNNABLE if found else _NOT_FOUND,
                cure="Name a program that can be executed."
                if found
                else "Check its name and PATH; what only a shell knows needs one: sh -c '...'.",
            ) from error


def quietly(call: Callable[[], T], undo: Callable[[T], object]) -> T:
    """Call in a thread that takes none of these signals, as no thread does that the call starts.

    Raises what the call raises. Where a signal interrupts the wait, the call goes on, and what it
    gives is undone.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # whatever it is, the caller is to have it
            outcome.set_exception(error)

    def undone(abandoned: Future[T]) -> None:
        if abandoned.exception() is None:
            undo(abandoned.result())

    thread = threading.Thread(target=run, name="llem-energy-quiet", daemon=True)
    try:
        mask = _signal_mask()
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
            thread.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return outcome.result()
    except BaseException:
        outcome.add_done_callback(undone)
        raise


def stop_with(pid: int) -> None:
    """Stop as the command has, so that the shell sees it; go on together."""
    # Sent while it is blocked: what the terminal sent may wait there too, and must not stop twice.
    signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTSTP})
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    os.kill(pid, signal.SIGCONT)


def _signal_mask() -> set[int | signal.Signals]:
    """Signals that are blocked in this thread. Read before they are changed: a handler may raise
    while they are."""
    return signal.pthread_sigmask(signal.SIG_BLOCK, ())


def _pass_on(pid: int) -> None:
    """Pass signals on until this process says that it is enough."""
    while True:
        told = signal.sigwaitinfo(_WAITED_FOR)
        if (told.si_signo, told.si_pid) == (_ENOUGH, os.getpid()):
            return
        if told.si_signo in _PASSED_ON and told.si_code <= 0:
            with suppress(PermissionError):  # it has taken on another user's rights
                os.kill(pid, told.si_signo)


def _end_of(pid: int) -> int:
    """Wait until a child has ended, and leave it to be waited for: its id cannot be reused yet."""
    while True:
        told = os.waitid(os.P_PID, pid, os.WEXITED | os.WSTOPPED | os.WNOWAIT)
        assert told is not None  # as it could be with WNOHANG alone
        if told.si_code == os.CLD_EXITED:
            return told.si_status
        if told.si_code in (os.CLD_KILLED, os.CLD_DUMPED):
            return 128 + told.si_status
        os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG)
        if told.si_status in _OF_JOB_CONTROL:
            stop_with(pid)
