"""Which copy of the model answers which request, and one numbering of all their batches.

Requests are dealt by their place in the pass, as many at a time as a batch holds: the first
`batch_size` to copy 0, the next to copy 1, and so on in turn. So a request goes to the same copy in
every pass and in every call about part of a pass, each copy has the same share whatever it takes
it, and the batches are those that one process would make; `length_buckets` sorts each share by
itself.
"""

from collections.abc import Sequence

from llem_contracts import GenerationRequest


def shares(
    requests: Sequence[GenerationRequest], batch_size: int, copies: int
) -> dict[int, list[GenerationRequest]]:
    """The requests of each copy that gets any, in the given order."""
    dealt: dict[int, list[GenerationRequest]] = {}
    for request in requests:
        dealt.setdefault(request.index // batch_size % copies, []).append(request)
    return dict(sorted(dealt.items()))


def batch_numbers(counts: Sequence[int]) -> dict[tuple[int, int], int]:
    """The number of each batch, by its copy and by the copy's own number for it.

    The first batches of all copies come first, then their second ones. `counts`: how many batches
    each copy has.
    """
    in_turn = sorted((own, copy) for copy, count in enumerate(counts) for own in range(count))
    return {(copy, own): number for number, (own, copy) in enumerate(in_turn)}


def idle_copies(prompts: int, batch_size: int, copies: int) -> int:
    """How many copies get none of so many prompts."""
    return max(copies - -(-prompts // batch_size), 0)
