"""How a list of problems stands in a terminal: what stops a run first, warnings apart."""

from collections.abc import Iterator, Sequence

import llem


def report_lines(problems: Sequence[llem.Problem]) -> Iterator[str]:
    """Everything that was found, under a heading for what blocks and one for what does not."""
    blocking = [problem for problem in problems if problem.blocking]
    warnings = [problem for problem in problems if not problem.blocking]
    if blocking:
        yield "In the way"
        yield from problem_lines(blocking)
    if warnings:
        yield "To know"
        yield from problem_lines(warnings)
    if not blocking:
        yield "Nothing is in the way."


def problem_lines(problems: Sequence[llem.Problem]) -> Iterator[str]:
    """Each problem with its cure."""
    for problem in problems:
        yield f"  - {problem.message}"
        yield f"    {problem.cure}"
