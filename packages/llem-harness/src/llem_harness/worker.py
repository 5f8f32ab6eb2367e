"""`python -m llem_harness.worker order.json`: one order in a process of its own.

Events go to stdout as JSON lines, the result goes to disk before the line that says so, whatever
libraries print goes to stderr. Exit codes: 0, 1 for a failed experiment, 2 for an order that cannot
be read, 129 where the terminal was closed, 130 interrupted, 143 terminated.
"""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from llem_contracts import Event, LlemError, RunFailed
from llem_schema import order_from_json

from llem_harness.pipeline import run
from llem_harness.ports import ports_for


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the order named on the command line; gives the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) != 1:
        print("usage: python -m llem_harness.worker ORDER.json", file=sys.stderr)
        return 2
    try:
        order = order_from_json(Path(arguments[0]).read_bytes())
    except (OSError, ValueError) as error:
        print(f"{arguments[0]} is no work order: {error}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    events = _take_stdout()

    def tell(event: Event, /) -> None:
        events.write(event.model_dump_json() + "\n")
        events.flush()

    try:
        run(order, ports_for(order, tell))
    except LlemError as error:
        tell(RunFailed(error=type(error).__name__, message=str(error), cure=error.cure))
        return 1
    except KeyboardInterrupt:
        tell(RunFailed(error="KeyboardInterrupt", message="interrupted"))
        return 130
    except SystemExit:
        tell(RunFailed(error="SystemExit", message="terminated"))
        raise
    return 0


def _take_stdout() -> TextIO:
    """Keep the real stdout for events and point everybody else at stderr."""
    sys.stdout.flush()
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return events


if __name__ == "__main__":
    sys.exit(main())
