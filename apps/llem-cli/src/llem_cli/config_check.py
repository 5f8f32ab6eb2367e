"""What `llem config --check` shows, and how it ends."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import llem

from llem_cli.problems import report_lines


def check(source: Path | None, flags: Mapping[str, Any], *, as_json: bool) -> int:
    """Pre-flight of an experiment, or of this machine where nothing describes one.

    Gives 1 where something stands in the way.
    """
    if source is None and not flags:
        report = llem.check_machine()
        run = ["--model", "builtin:tiny", "-n", "16"]
    else:
        order = llem.resolve(source, flags, save=True)
        report = llem.check_order(order)
        run = [str(source)] if source is not None else ["--model", order.config.model]
    print("\n".join([_document(report)] if as_json else check_lines(report, shlex.join(run))))
    return 1 if report.blocked else 0


def check_lines(report: llem.PreFlightReport, run: str) -> Iterator[str]:
    """The report and the next step. `run`: arguments of the run that was checked."""
    yield f"Pre-flight of {report.subject}"
    yield from report_lines(report.problems)
    if report.blocked:
        yield "Next: put right what is in the way, and check again."
    else:
        yield f"Next: llem run {run}"


def _document(report: llem.PreFlightReport) -> str:
    document = {
        "subject": report.subject,
        "blocked": report.blocked,
        "problems": [asdict(problem) for problem in report.problems],
    }
    return json.dumps(document, ensure_ascii=False)
