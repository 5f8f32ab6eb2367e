"""An error becomes two lines and an exit code."""

import sys
import traceback
from collections.abc import Iterator
from dataclasses import asdict

import llem
from pydantic import ValidationError

from llem_cli.on_terminal import fitted_to
from llem_cli.printing import plain
from llem_cli.problems import problem_lines


def report(error: Exception, *, verbose: bool, as_json: bool = False) -> int:
    """Print what is wrong and what to do about it; give the exit code.

    `as_json`: as one JSON line. A result that could be written nowhere goes to stdout, as JSON.
    """
    if as_json:
        print(_log_line(error, verbose=verbose), file=sys.stderr)
    else:
        told = "\n".join(_lines(error, verbose=verbose)).splitlines()
        for line in fitted_to(sys.stderr, map(plain, told)):
            print(line, file=sys.stderr)
    if isinstance(error, llem.UnsavedResult):
        print(error.result.model_dump_json())
    if verbose and not as_json:
        traceback.print_exception(error)
    return 2 if isinstance(error, llem.ConfigError) or _is_of_a_config(error) else 1


def _is_of_a_config(error: Exception) -> bool:
    """Whether what a person wrote is not valid; llem may fail to validate what it made itself."""
    if not isinstance(error, ValidationError):
        return False
    return error.title == llem.ExperimentConfig.__name__ or error.title.startswith("dict[")


def _lines(error: Exception, *, verbose: bool) -> Iterator[str]:
    match error:
        case llem.PreFlightError():
            yield "llem: this cannot run as it stands:"
            yield from problem_lines(error.problems)
            if error.warnings:
                yield "To know beside it:"
                yield from problem_lines(error.warnings)
        case ValidationError() if _is_of_a_config(error):
            sentences = llem.explain_validation(error, plugin_keys=llem.plugin_keys())
            yield "llem: the configuration is not valid:"
            for sentence in sentences:
                yield f"  {sentence}"
        case llem.LlemError():
            yield f"llem: {error}"
            if error.cure:
                yield f"  {error.cure}"
        case _:
            words = " ".join(str(error).split())
            yield f"llem: an error in llem itself: {type(error).__name__}: {words}"
            if not verbose:
                yield "  Run again with --verbose to see where, and report it."


def _log_line(error: Exception, *, verbose: bool) -> str:
    from llem_cli.logs import json_line

    fields: dict[str, object] = {"message": "\n".join(_lines(error, verbose=True))}
    if isinstance(error, llem.LlemError):
        fields |= {"message": str(error), "cure": error.cure}
    if isinstance(error, llem.PreFlightError):
        fields["problems"] = [asdict(p) for p in (*error.problems, *error.warnings)]
    if verbose:
        fields["traceback"] = "".join(traceback.format_exception(error))
    return json_line("error", "failed", error=type(error).__name__, **fields)
