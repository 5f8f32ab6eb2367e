"""What a shape tells of the number of parameters, and how surely."""

from dataclasses import dataclass
from typing import Literal

from llem_contracts import NotSupported
from llem_schema import ModelShape

from llem_flops.parameters import parameters


@dataclass(frozen=True, slots=True)
class KnownParameters:
    """Parameters by the best source there is."""

    total: int
    non_embedding: int | None
    """None where a total alone is known."""
    confidence: Literal["high", "medium", "low"]


def known_parameters(shape: ModelShape) -> KnownParameters:
    """The parameters of a shape: from its dimensions, else as the engine counted them.

    Dimensions come first because an engine counts packed (quantised) weights by their storage.
    They describe a dense decoder, so that of a mixture of experts only the count holds.

    Raises `NotSupported` where the shape tells neither, or counts more embeddings than parameters.
    """
    if shape.dimensions is not None and shape.experts_per_layer is None:
        count = parameters(shape.dimensions)
        return KnownParameters(count.total, count.non_embedding, "high")
    total, embedding = shape.counted_parameters, shape.counted_embedding_parameters
    if total is None:
        raise NotSupported(
            f"the parameters of the architecture {shape.architecture!r} are not known: its "
            "dimensions are not described and the engine did not count them",
            cure="Have the backend give `dimensions` or `counted_parameters` in its model shape.",
        )
    if embedding is None:
        return KnownParameters(total, None, "low")
    if embedding > total:
        raise NotSupported(
            f"the shape of {shape.architecture!r} counts {embedding:,} embedding parameters among "
            f"only {total:,} parameters",
            cure="Correct the counts that the backend gives in its model shape.",
        )
    return KnownParameters(total, total - embedding, "medium")
