"""Parameters of a dense decoder, from its dimensions."""

from dataclasses import dataclass

from llem_schema import DecoderDimensions


@dataclass(frozen=True, slots=True)
class ParameterCount:
    """Parameters of a model by what they are for; biases are counted with their matrix."""

    attention: int
    """Query, key, value and output projections of all layers."""
    mlp: int
    """Feed-forward matrices of all layers."""
    norms: int
    """Two norms per layer, norms of queries and keys where there are any, the final norm."""
    input_embedding: int
    position_table: int
    """Learned positions; 0 for rotary and other computed position codes."""
    output_head: int
    """0 when tied: the input embedding's matrix is counted once, as input embedding."""

    @property
    def embedding(self) -> int:
        """Input embedding, position table and an untied output head."""
        return self.input_embedding + self.position_table + self.output_head

    @property
    def non_embedding(self) -> int:
        """The N of 2 x N x tokens: attention, feed-forward and norms; `total - embedding`.

        Kaplan et al. 2020 (arXiv:2001.08361, section 2.1) leave out the vocabulary and the
        positions; an untied output head is left out with them, so that N does not depend on
        whether a model ties it.
        """
        return self.attention + self.mlp + self.norms

    @property
    def total(self) -> int:
        """All parameters, a tied matrix once."""
        return self.non_embedding + self.embedding


def parameters(dimensions: DecoderDimensions) -> ParameterCount:
    """Count the parameters of a pre-norm decoder with two norms per layer and a final one.

    Exact, not an estimate: with h hidden, q = heads x head_dim, k = key-value heads x head_dim,
    i intermediate, v vocabulary, p positions, and c = 1 (RMS norm) or 2 (layer norm) values per
    normed channel,

        attention, per layer   h(q + 2k) + qh, biases q + 2k and h
        feed-forward           2hi or 3hi (gated), biases i or 2i, and h
        norms, per layer       2ch, with query and key norms also 2c x head_dim
        once                   final norm ch, embedding vh, positions ph, untied head vh (no bias)
    """
    hidden = dimensions.hidden_size
    query = dimensions.attention_heads * dimensions.head_dim
    key = dimensions.key_value_heads * dimensions.head_dim
    intermediate = dimensions.intermediate_size
    per_channel = 2 if dimensions.norm == "layernorm" else 1
    widening_matrices = 2 if dimensions.mlp == "gated" else 1

    attention = hidden * (query + 2 * key) + query * hidden
    if dimensions.query_key_value_bias:
        attention += query + 2 * key
    if dimensions.attention_output_bias:
        attention += hidden

    mlp = (widening_matrices + 1) * hidden * intermediate
    if dimensions.mlp_bias:
        mlp += widening_matrices * intermediate + hidden

    layer_norms = 2 * per_channel * hidden
    if dimensions.qk_norm:
        layer_norms += 2 * per_channel * dimensions.head_dim

    embedding = dimensions.vocabulary_size * hidden
    return ParameterCount(
        attention=dimensions.layers * attention,
        mlp=dimensions.layers * mlp,
        norms=dimensions.layers * layer_norms + per_channel * hidden,
        input_embedding=embedding,
        position_table=dimensions.learned_positions * hidden,
        output_head=0 if dimensions.tied_embeddings else embedding,
    )
