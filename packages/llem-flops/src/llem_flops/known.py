"""What a shape tells of the number of parameters, and how surely."""

from dataclasses import dataclass
from typing import Literal

from llem_contracts import NotSupported
from llem_schema import DecoderDimensions, ModelShape

from llem_flops.parameters import parameters


@dataclass(frozen=True, slots=True)
class KnownParameters:
    """Parameters by the best source there is."""

    total: int
    non_embedding: int | None
    """None where a total alone is known."""
    active: int | None
    """Of the non-embedding parameters, those that one token goes through; the total where that
    alone is known. None for a mixture of experts whose active share is not known."""
    confidence: Literal["high", "medium", "low"]


def known_parameters(shape: ModelShape) -> KnownParameters:
    """The parameters of a shape: from its dimensions, else as the engine counted them.

    Dimensions come first because an engine counts packed (quantised) weights by their storage.

    Raises `NotSupported` where the shape tells neither, or numbers that contradict one another.
    """
    if shape.dimensions is not None:
        _refuse_contradictions(shape.architecture, shape.dimensions)
        count = parameters(shape.dimensions)
        return KnownParameters(count.total, count.non_embedding, count.active, "high")
    total, embedding = shape.counted_parameters, shape.counted_embedding_parameters
    if total is None:
        raise NotSupported(
            f"the parameters of the architecture {shape.architecture!r} are not known: its "
            "dimensions are not described and the engine did not count them",
            cure="Have the backend give `dimensions` or `counted_parameters` in its model shape.",
        )
    if embedding is None:
        dense = shape.experts_per_layer is None
        return KnownParameters(total, None, total if dense else None, "low")
    parts = embedding + (shape.counted_expert_parameters or 0)
    if parts > total:
        raise NotSupported(
            f"the shape of {shape.architecture!r} counts {parts:,} parameters of embeddings and "
            f"experts among only {total:,} parameters",
            cure="Correct the counts that the backend gives in its model shape.",
        )
    non_embedding = total - embedding
    return KnownParameters(total, non_embedding, _active(shape, non_embedding), "medium")


def _active(shape: ModelShape, non_embedding: int) -> int | None:
    """Experts of a layer are of one size, so that a token goes through their share by number."""
    if shape.experts_per_layer is None:
        return non_embedding
    experts, active = shape.counted_expert_parameters, shape.active_experts_per_layer
    if experts is None or active is None:
        return None
    return non_embedding - experts * (shape.experts_per_layer - active) // shape.experts_per_layer


def _refuse_contradictions(architecture: str, dimensions: DecoderDimensions) -> None:
    window, experts = dimensions.sliding_window, dimensions.experts
    parts = [
        (window.layers if window else 0, dimensions.layers, "layers with a window"),
        (experts.layers if experts else 0, dimensions.layers, "layers with experts"),
        (experts.active if experts else 0, experts.per_layer if experts else 0, "active experts"),
    ]
    for part, whole, what in parts:
        if part > whole:
            raise NotSupported(
                f"the shape of {architecture!r} has {part} {what} of only {whole}",
                cure="Correct the dimensions that the backend gives in its model shape.",
            )
