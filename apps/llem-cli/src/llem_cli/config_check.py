"""What `llem config --check` shows, and how it ends."""

import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import llem
from pydantic import ValidationError

from llem_cli.on_terminal import fitted_to
from llem_cli.problems import report_lines
from llem_cli.progress import busy_with


def check(
    source: Path | None, flags: Mapping[str, Any], typed: Sequence[str], *, as_json: bool
) -> int:
    """Pre-flight of an experiment, or of this machine where nothing describes one.

    `typed` are the options that gave the flags. Gives 1 where something stands in the way, 2 where
    the configuration is not valid: the error then comes as an exception, or as JSON.
    """
    try:
        with busy_with("pre-flight"):  # an engine takes seconds to import
            report, run = _report(source, flags, typed)
    except (llem.ConfigError, ValidationError) as error:
        if not as_json:
            raise
        print(_document(_refusal(error, source)))
        return 2
    told = fitted_to(sys.stdout, check_lines(report, shlex.join(run)))
    print("\n".join([_document(report)] if as_json else told))
    return 1 if report.blocked else 0


def _report(
    source: Path | None, flags: Mapping[str, Any], typed: Sequence[str]
) -> tuple[llem.PreFlightReport, Sequence[str]]:
    """What was found, and the arguments of the run that it is about."""
    if source is None and not flags:
        return llem.check_machine(), ("--model", "builtin:tiny", "-n", "16")
    report = llem.check_order(llem.resolve(source, flags, save=True))
    return report, typed if source is None else (str(source), *typed)


def _refusal(
    error: llem.ConfigError | ValidationError, source: Path | None
) -> llem.PreFlightReport:
    """A configuration that is not valid, as a report."""
    if isinstance(error, llem.ConfigError):
        told = {str(error): error.cure or _CORRECT}
    else:
        sentences = llem.explain_validation(error, plugin_keys=llem.plugin_keys())
        told = dict.fromkeys(sentences, _CORRECT)
    problems = (
        llem.Problem(code="invalid_config", message=message, cure=cure)
        for message, cure in told.items()
    )
    return llem.PreFlightReport(str(source or "the options"), tuple(problems))


_CORRECT = "Correct the configuration."


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
