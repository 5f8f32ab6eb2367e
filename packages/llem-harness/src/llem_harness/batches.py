"""Batches of a window: what began together, and whether one waited for the other."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from llem_contracts import GeneratedRequest

Batch = Sequence[GeneratedRequest]


def batches_of(passes: Sequence[Batch]) -> list[Batch]:
    """All batches of all passes, in order of their starts."""
    found: dict[tuple[int, int], list[GeneratedRequest]] = {}
    for number, one_pass in enumerate(passes):
        for request in one_pass:
            found.setdefault((number, request.batch), []).append(request)
    return sorted(found.values(), key=first_start_ns)


def first_start_ns(batch: Batch) -> int:
    """When the first request of a batch was handed to the model."""
    return min(request.start_ns for request in batch)


def overlap(batches: Iterable[Batch]) -> bool:
    """Whether any of these batches, in order of their starts, begins before the one ahead ends."""
    return any(
        max(request.token_ns[-1] for request in ahead) > first_start_ns(after)
        for ahead, after in pairwise(batches)
    )


def overlap_in_a_process(batches: Sequence[Batch]) -> bool:
    """Whether batches of one process overlap, as where a request takes the place of another."""
    processes = {request.process for batch in batches for request in batch}
    return any(
        overlap([batch for batch in batches if batch[0].process == process])
        for process in processes
    )
