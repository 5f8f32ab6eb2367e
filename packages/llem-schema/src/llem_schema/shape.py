"""A model's architecture in numbers."""

from typing import Literal

from pydantic import Field

from llem_schema.model import Model


class SlidingWindow(Model):
    """Attention of some layers to the newest positions alone."""

    tokens: int = Field(ge=1)
    """Positions that a token attends to, its own included."""
    layers: int = Field(ge=1)
    """Layers with the window; the other ones see every position before them."""


class ExpertLayers(Model):
    """Layers whose feed-forward part is a choice among experts, made for each token."""

    layers: int = Field(ge=1)
    """Layers with experts; the other ones have the dense feed-forward part."""
    per_layer: int = Field(ge=1)
    active: int = Field(ge=1)
    """Experts of a layer that one token goes through."""
    intermediate_size: int = Field(ge=1)
    """Of one expert."""
    shared_intermediate_size: int = Field(default=0, ge=0)
    """Of the expert that every token goes through beside the chosen ones; 0 without one. It is
    weighed by one number per token, which a matrix of one column makes."""


class DecoderDimensions(Model):
    """Dimensions of a decoder-only transformer."""

    layers: int = Field(ge=1)
    hidden_size: int = Field(ge=1)
    attention_heads: int = Field(ge=1)
    key_value_heads: int = Field(ge=1)
    head_dim: int = Field(ge=1)
    intermediate_size: int = Field(ge=1)
    """Of the dense feed-forward part; without meaning where every layer has experts."""
    vocabulary_size: int = Field(ge=1)
    mlp: Literal["gated", "plain"]
    """`gated` has three matrices (up, gate, down), `plain` two."""
    norm: Literal["rmsnorm", "layernorm"]
    """`layernorm` has a weight and a bias per channel, `rmsnorm` a weight."""
    norms_per_layer: int = Field(default=2, ge=0)
    """Norms over the hidden size in a layer: 1 where attention and feed-forward part share one, 4
    where both have one before and one after them."""
    qk_norm: bool = False
    """A norm over the head dimension of queries and of keys, in every layer."""
    query_key_value_bias: bool
    attention_output_bias: bool
    mlp_bias: bool
    learned_positions: int = Field(ge=0)
    """Rows of a learned position table; 0 for rotary or other position codes."""
    tied_embeddings: bool
    """The output head shares the input embedding's matrix."""
    head_bias: bool = False
    sliding_window: SlidingWindow | None = None
    """None where every layer sees every position."""
    experts: ExpertLayers | None = None
    """None for a dense model."""


class ModelShape(Model):
    """What is known of a model without its weights."""

    architecture: str
    """The architecture's name, such as `gpt2` or `llama`."""
    dimensions: DecoderDimensions | None
    """None for an architecture whose parts are not described here."""
    counted_parameters: int | None
    """All parameters, as the engine counts them; tied matrices once."""
    counted_embedding_parameters: int | None
    """Of these, input embedding, position table and output head."""
    experts_per_layer: int | None = None
    """Experts of a mixture-of-experts layer; None for a dense model."""
    active_experts_per_layer: int | None = None
    """Of these, the ones that one token goes through."""
    counted_expert_parameters: int | None = None
    """Of the counted parameters, those of experts among which a token's are chosen."""
