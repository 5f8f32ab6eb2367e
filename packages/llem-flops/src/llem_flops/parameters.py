"""Parameters of a decoder, from its dimensions."""

from dataclasses import dataclass

from llem_schema import DecoderDimensions

from llem_flops.matrices import layer_matrices


@dataclass(frozen=True, slots=True)
class ParameterCount:
    """Parameters of a model by what they are for; biases are counted with their matrix."""

    attention: int
    """Query, key, value and output projections of all layers."""
    mlp: int
    """Feed-forward matrices of all layers, those of every expert among them."""
    norms: int
    """Norms of the layers, norms of queries and keys where there are any, the final norm."""
    input_embedding: int
    position_table: int
    """Learned positions; 0 for rotary and other computed position codes."""
    output_head: int
    """Its bias alone when tied: the matrix is counted once, as input embedding."""
    router: int = 0
    """What chooses among experts, and weighs a shared one."""
    idle_experts: int = 0
    """Of `mlp`, the experts that one token does not go through."""

    @property
    def embedding(self) -> int:
        """Input embedding, position table and an untied output head."""
        return self.input_embedding + self.position_table + self.output_head

    @property
    def non_embedding(self) -> int:
        """Attention, feed-forward, routers and norms; `total - embedding`.

        Kaplan et al. 2020 (arXiv:2001.08361, section 2.1) leave out the vocabulary and the
        positions; an untied output head is left out with them, so that N does not depend on
        whether a model ties it.
        """
        return self.attention + self.mlp + self.router + self.norms

    @property
    def active(self) -> int:
        """The N of 2 x N x tokens: `non_embedding` without the experts that stand idle.

        All of a dense model. That a mixture of experts costs what its active part costs is the
        count of Fedus et al. 2021 (arXiv:2101.03961) and of Jiang et al. 2024 (Mixtral,
        arXiv:2401.04088, section 2.1, "active parameters").
        """
        return self.non_embedding - self.idle_experts

    @property
    def total(self) -> int:
        """All parameters, a tied matrix once."""
        return self.non_embedding + self.embedding


def parameters(dimensions: DecoderDimensions) -> ParameterCount:
    """Count the parameters of a decoder; exact, not an estimate.

    The matrices of `llem_flops.matrices`, and with h hidden, v vocabulary, p positions, and c = 1
    (RMS norm) or 2 (layer norm) values per normed channel,

        norms, per layer   c h for each, with query and key norms also 2c x head_dim
        once               final norm ch, embedding vh, positions ph, untied head vh, its bias v
    """
    hidden = dimensions.hidden_size
    parts = {"attention": 0, "feed_forward": 0, "router": 0}
    idle = 0
    for matrix in layer_matrices(dimensions):
        parts[matrix.part] += matrix.held * matrix.parameters
        idle += (matrix.held - matrix.used) * matrix.parameters

    per_channel = 2 if dimensions.norm == "layernorm" else 1
    layer_norms = dimensions.norms_per_layer * per_channel * hidden
    if dimensions.qk_norm:
        layer_norms += 2 * per_channel * dimensions.head_dim

    embedding = dimensions.vocabulary_size * hidden
    head = 0 if dimensions.tied_embeddings else embedding
    if dimensions.head_bias:
        head += dimensions.vocabulary_size
    return ParameterCount(
        attention=parts["attention"],
        mlp=parts["feed_forward"],
        norms=dimensions.layers * layer_norms + per_channel * hidden,
        input_embedding=embedding,
        position_table=dimensions.learned_positions * hidden,
        output_head=head,
        router=parts["router"],
        idle_experts=idle,
    )
