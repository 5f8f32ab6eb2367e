"""Every request of a pass is answered, and answered once (RES-12)."""

from collections import Counter
from collections.abc import Sequence

from llem_contracts import ExperimentError, GeneratedRequest, GenerationRequest

from llem_harness.passes import Passes

_NAMED = 10
"""Requests named in one message."""


def check_complete(requests: Sequence[GenerationRequest], passes: Passes) -> None:
    """Raise `ExperimentError` where a pass has not one answer for each request.

    To be called when the window is closed: a figure over part of the requests is no figure of the
    workload, and a request that counts twice makes every ratio better than it was.
    """
    asked = Counter(request.index for request in requests)
    for number, answers in enumerate(passes):
        given = Counter(answer.index for answer in answers)
        lost, surplus = asked - given, given - asked
        if lost:
            raise _incomplete(number, "unanswered", lost)
        if surplus:
            raise _incomplete(number, _twice(surplus, answers), surplus)


def _twice(surplus: Counter[int], answers: Sequence[GeneratedRequest]) -> str:
    processes = sorted({answer.process for answer in answers if answer.index in surplus})
    return f"answered more than once, by process {', '.join(map(str, processes))}"


def _incomplete(number: int, what: str, requests: Counter[int]) -> ExperimentError:
    named = [str(index) for index in sorted(requests)[:_NAMED]]
    more = f" and {len(requests) - _NAMED} more" if len(requests) > _NAMED else ""
    return ExperimentError(
        f"pass {number} is incomplete: {what} are the requests {', '.join(named)}{more}",
        cure="Run again; where it happens again, the backend is at fault.",
    )
