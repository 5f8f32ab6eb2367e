"""A started command: what it writes, signals to it, its end."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from llem_contracts import Event, event_from_json
from llem_schema import ExperimentResult, result_from_json
from pydantic import ValidationError

from llem_testing.family import Family
from llem_testing.outlets import Outlets

GUARD_S = 60.0
"""How long is waited for what comes within a second or two."""


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    """Exit code; negative where it died of a signal."""
    stdout: str
    """What went to a pipe; empty where a terminal showed it."""
    stderr: str

    @property
    def killed_by(self) -> signal.Signals | None:
        """The signal that it died of; None where it ended by itself."""
        return signal.Signals(-self.code) if self.code < 0 else None

    def result(self) -> ExperimentResult:
        """The result that `--json` printed."""
        return result_from_json(self.stdout)


class Running:
    """A command at work. To be used as a context manager.

    At the end of the block, what is left of the command and of its children is killed; children
    that outlive a command which ended before are an `AssertionError`. Each wait has a guard, and
    raises one too, with what was written, when the guard runs out or the command ends before.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        family: Family,
        descriptors: Mapping[str, int],
        patience_s: float = 5.0,
    ) -> None:
        """`descriptors` are those to read the process's output from, by name; they are taken over.

        `process` leads a session and a process group of its own. Its children have `patience_s` to
        follow it.
        """
        self.family = family
        self._patience_s = patience_s
        self._process = process
        self._outlets = Outlets(descriptors, process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._outlets.close()
        try:
            if error is None and self._process.poll() is not None:
                self.family.assert_gone(self._patience_s)
        finally:
            self.family.kill()
            self._process.wait()

    @property
    def stdout(self) -> str:
        """As far as it was read."""
        return self._outlets.text("stdout")

    @property
    def stderr(self) -> str:
        """As far as it was read."""
        return self._outlets.text("stderr")

    def wait_for(self, text: str, *, on: str = "stderr", within_s: float = GUARD_S) -> str:
        """Wait for a whole line with this text in it; gives the first."""

        def lines() -> Iterator[str]:
            return (line for line in self._lines(on) if text in line)

        self._wait(lambda: any(lines()), repr(text), within_s)
        return next(lines())

    def wait_for_event(
        self, kind: str, *, on: str = "stderr", within_s: float = GUARD_S, **fields: object
    ) -> Event:
        """Wait for an event that came as a JSON line and has these fields; gives the first."""

        def events() -> Iterator[Event]:
            for event in self._events(on):
                if event.type == kind and fields.items() <= event.model_dump().items():
                    yield event

        self._wait(lambda: any(True for _ in events()), f"the event {kind} {fields}", within_s)
        return next(events())

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the command alone."""
        self._process.send_signal(number)

    def send_to_group(self, number: signal.Signals) -> None:
        """Send a signal to the command and to the children that stayed in its process group."""
        os.killpg(self._process.pid, number)

    def finish(self, within_s: float = GUARD_S) -> Finished:
        """Wait for the end of the command. Its children may live on; `family` tells."""
        if not self._outlets.read_to_the_end(within_s):
            self._give_up(f"the command did not end within {within_s:g} s")
        return Finished(self._process.wait(), self.stdout, self.stderr)

    def _lines(self, name: str) -> list[str]:
        return self._outlets.text(name).rpartition("\n")[0].splitlines()

    def _events(self, name: str) -> Iterator[Event]:
        for line in self._lines(name):
            with suppress(ValidationError):
                yield event_from_json(line)

    def _wait(self, condition: Callable[[], bool], what: str, within_s: float) -> None:
        if not self._outlets.read_until(condition, within_s):
            self._give_up(f"{what} did not come")

    def _give_up(self, why: str) -> None:
        raise AssertionError(f"{why}\n{self._so_far()}")

    def _so_far(self) -> str:
        return f"stdout:\n{self.stdout}\nstderr:\n{self.stderr}"
