"""A model's architecture in numbers."""

from typing import Literal

from pydantic import Field

from llem_schema.model import Model


class DecoderDimensions(Model):
    """Dimensions of a dense decoder-only transformer."""

    layers: int = Field(ge=1)
    hidden_size: int = Field(ge=1)
    attention_heads: int = Field(ge=1)
    key_value_heads: int = Field(ge=1)
    head_dim: int = Field(ge=1)
    intermediate_size: int = Field(ge=1)
    vocabulary_size: int = Field(ge=1)
    mlp: Literal["gated", "plain"]
    """`gated` has three matrices (up, gate, down), `plain` two."""
    norm: Literal["rmsnorm", "layernorm"]
    """`layernorm` has a weight and a bias per channel, `rmsnorm` a weight."""
    qk_norm: bool = False
    """A norm over the head dimension of queries and of keys, in every layer."""
    query_key_value_bias: bool
    attention_output_bias: bool
    mlp_bias: bool
    learned_positions: int = Field(ge=0)
    """Rows of a learned position table; 0 for rotary or other position codes."""
    tied_embeddings: bool
    """The output head shares the input embedding's matrix."""


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
