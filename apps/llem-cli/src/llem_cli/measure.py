"""`llem measure`"""

import os
import shlex
import signal
import sys
from collections.abc import Sequence
from typing import Annotated

import llem
from cyclopts import Parameter

from llem_cli import completers
from llem_cli.errors import report
from llem_cli.measured import measured_lines
from llem_cli.on_terminal import fitted_to

_STDOUT, _STDERR = 1, 2


def measure(
    *command: Annotated[str, Parameter(name="COMMAND", allow_leading_hyphen=True)],
    device: Annotated[list[str] | None, Parameter(negative="")] = None,
    meter: Annotated[str | None, Parameter(completer=completers.meters)] = None,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
) -> int:
    """Measure the energy of any command.

    It has the terminal and gets its Ctrl-C. The exit code is that of the command: 128 + N where
    signal N killed it, 126 or 127 where it cannot be started.

    Parameters
    ----------
    command
        The program and its arguments, after `--`.
    device
        What to meter: cuda:0, cpu or a UUID. May be repeated [default: the visible GPUs, or the
        host where there are none].
    meter
        Meter to use; `llem config` lists them [default: that of the user config, else auto].
    json_
        Print the reading as JSON, alone on stdout; what the command prints goes to stderr.
    """
    before, words = _at_the_mark(command)
    if before or not words:
        print("\n".join(_explained(before, words)), file=sys.stderr)
        return 2
    meter = meter or llem.load_user_config(os.environ).config.measurement.meter or "auto"
    # Where it is ignored, the kernel forgets how a command ended.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        measured = llem.measure_command(
            words, meter=meter, devices=device, stdout=_STDERR if json_ else None
        )
    except llem.CommandError as error:
        report(error, verbose=False)
        return error.exit_code
    if json_:
        _write(_STDOUT, measured.reading.model_dump_json())
    else:
        _write(_STDERR, "\n".join(fitted_to(sys.stderr, measured_lines(measured))))
    return measured.exit_code


def _at_the_mark(command: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What stands before `--`, and what stands after it; nothing after it where it is missing."""
    words = tuple(command)
    mark = words.index("--") if "--" in words else len(words)
    return words[:mark], words[mark + 1 :]


def _explained(before: Sequence[str], words: Sequence[str]) -> tuple[str, str]:
    """What is wrong with a command line, and one that works."""
    if before and words:
        what = f"{before[0]!r} is no option of llem measure; the command comes after `--`"
    elif before:
        what = "the command comes after `--`, so that its options are its own"
    else:
        what = "there is no command to measure after `--`"
    return f"llem: {what}", f"  llem measure -- {shlex.join(words or before or ['sleep', '2'])}"


def _write(descriptor: int, text: str) -> None:
    """Write a line past the streams of Python, whose end would change the exit code."""
    rest = f"{text}\n".encode()
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as error:
        if descriptor != _STDERR:
            _write(_STDERR, f"llem: the reading could not be written: {error.strerror}")
