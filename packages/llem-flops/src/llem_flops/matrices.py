"""The weight matrices of a decoder's layers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from llem_schema import DecoderDimensions


@dataclass(frozen=True, slots=True)
class Matrix:
    """Matrices of one size and purpose, in all layers together."""

    part: Literal["attention", "feed_forward", "router"]
    """What it is for."""
    inputs: int
    outputs: int
    held: int
    """How many there are."""
    used: int
    """How many of them one token goes through."""
    bias: bool = False
    """Each has a value per output beside it."""
    expert: bool = False
    """Whether it is one of those among which a token's are chosen."""

    @property
    def weights(self) -> int:
        """Of one, without its bias."""
        return self.inputs * self.outputs

    @property
    def parameters(self) -> int:
        """Of one, with its bias."""
        return self.weights + (self.outputs if self.bias else 0)


def layer_matrices(dimensions: DecoderDimensions) -> Iterator[Matrix]:
    """Every matrix between embedding and output head.

    With h hidden, q = heads x head_dim, k = key-value heads x head_dim, i intermediate:

        attention      h x q, twice h x k, q x h
        feed-forward   one or two (gated) h x i, and i x h
        experts        the same for each, with the i of an expert; h x experts, which chooses
        shared expert  the same with its own i; h x 1, which weighs it

    Routers have no bias.
    """
    layers, hidden = dimensions.layers, dimensions.hidden_size
    query = dimensions.attention_heads * dimensions.head_dim
    key = dimensions.key_value_heads * dimensions.head_dim
    bias = dimensions.query_key_value_bias
    yield Matrix("attention", hidden, query, layers, layers, bias)
    yield Matrix("attention", hidden, key, 2 * layers, 2 * layers, bias)
    yield Matrix("attention", query, hidden, layers, layers, bias=dimensions.attention_output_bias)
    experts = dimensions.experts
    dense = layers - (experts.layers if experts else 0)
    yield from _feed_forward(dimensions, dimensions.intermediate_size, dense, dense)
    if experts is None:
        return
    yield from _feed_forward(
        dimensions,
        experts.intermediate_size,
        experts.layers * experts.per_layer,
        experts.layers * experts.active,
        expert=True,
    )
    yield Matrix("router", hidden, experts.per_layer, experts.layers, experts.layers)
    if experts.shared_intermediate_size:
        shared = experts.shared_intermediate_size
        yield from _feed_forward(dimensions, shared, experts.layers, experts.layers)
        yield Matrix("router", hidden, 1, experts.layers, experts.layers)


def _feed_forward(
    dimensions: DecoderDimensions, intermediate: int, held: int, used: int, *, expert: bool = False
) -> Iterator[Matrix]:
    hidden, bias = dimensions.hidden_size, dimensions.mlp_bias
    wide = 2 if dimensions.mlp == "gated" else 1
    yield Matrix("feed_forward", hidden, intermediate, wide * held, wide * used, bias, expert)
    yield Matrix("feed_forward", intermediate, hidden, held, used, bias, expert)
