"""Which prompts come together, and how prompts of unequal length become one rectangle."""

from collections.abc import Sequence
from dataclasses import dataclass

from llem_contracts import GenerationRequest

from llem_backend_pytorch.settings import Batching


@dataclass(frozen=True)
class Rectangle:
    """Token ids and attention mask of a batch, one row per request, padded on the left.

    Left, so that the last position of every row is the last token of its prompt: the next one is
    generated from there.
    """

    token_ids: list[list[int]]
    attention_mask: list[list[int]]
    width: int

    def padding(self, request: GenerationRequest) -> int:
        """Padding positions in the request's row."""
        return self.width - len(request.token_ids)


def left_padded(requests: Sequence[GenerationRequest], pad_id: int) -> Rectangle:
    """The rectangle of a batch, as wide as its longest prompt."""
    width = max(len(request.token_ids) for request in requests)
    gaps = [width - len(request.token_ids) for request in requests]
    return Rectangle(
        token_ids=[
            [pad_id] * gap + list(request.token_ids)
            for gap, request in zip(gaps, requests, strict=True)
        ],
        attention_mask=[[0] * gap + [1] * (width - gap) for gap in gaps],
        width=width,
    )


def batches(
    requests: Sequence[GenerationRequest], size: int, batching: Batching
) -> list[tuple[int, ...]]:
    """Positions of the requests of each batch; the last one may be smaller.

    In the given order, or for `length_buckets` from the longest prompt to the shortest, so that a
    batch holds prompts of like length and memory that does not suffice shows in the first one.
    """
    order = list(range(len(requests)))
    if batching == "length_buckets":
        order.sort(key=lambda position: len(requests[position].token_ids), reverse=True)
    return [tuple(order[start : start + size]) for start in range(0, len(order), size)]
