"""A model's shape: its dimensions where its parts are known, and its parameters as counted."""

from collections.abc import Callable
from typing import Any

from llem_schema import DecoderDimensions, ModelShape


def shape_of(model: Any) -> ModelShape:
    """The shape of a transformers model, on any device; the meta device is enough.

    Every parameter counts once, tied or not. Embedding parameters are those of all look-up tables
    (tokens, positions) and of the output head.
    """
    from torch import nn

    config = model.config
    tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    head = model.get_output_embeddings()
    ends = [*tables, *([head] if head is not None else [])]
    embedding = {id(p): p.numel() for module in ends for p in module.parameters()}
    return ModelShape(
        architecture=config.model_type,
        dimensions=dimensions_of(config),
        counted_parameters=sum(parameter.numel() for parameter in model.parameters()),
        counted_embedding_parameters=sum(embedding.values()),
        experts_per_layer=experts_of(config),
    )


def dimensions_of(config: Any) -> DecoderDimensions | None:
    """Dimensions of an architecture that `DecoderDimensions` describes to the last parameter."""
    describe = _ARCHITECTURES.get(config.model_type)
    return describe(config) if describe else None


def experts_of(config: Any) -> int | None:
    """Experts of a mixture-of-experts layer, by the names that the architectures give them."""
    text = config.get_text_config(decoder=True)
    for name in ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"):
        experts = getattr(text, name, None)
        if isinstance(experts, int) and experts > 1:
            return experts
    return None


def _gpt2(config: Any) -> DecoderDimensions | None:
    if config.add_cross_attention:
        return None
    return DecoderDimensions(
        layers=config.n_layer,
        hidden_size=config.n_embd,
        attention_heads=config.n_head,
        key_value_heads=config.n_head,
        head_dim=config.n_embd // config.n_head,
        intermediate_size=config.n_inner or 4 * config.n_embd,
        vocabulary_size=config.vocab_size,
        mlp="plain",
        norm="layernorm",
        query_key_value_bias=True,
        attention_output_bias=True,
        mlp_bias=True,
        learned_positions=config.n_positions,
        tied_embeddings=config.tie_word_embeddings,
    )


def _gpt_neox(config: Any) -> DecoderDimensions | None:
    return DecoderDimensions(
        layers=config.num_hidden_layers,
        hidden_size=config.hidden_size,
        attention_heads=config.num_attention_heads,
        key_value_heads=config.num_attention_heads,
        head_dim=config.hidden_size // config.num_attention_heads,
        intermediate_size=config.intermediate_size,
        vocabulary_size=config.vocab_size,
        mlp="plain",
        norm="layernorm",
        query_key_value_bias=config.attention_bias,
        attention_output_bias=config.attention_bias,
        mlp_bias=True,
        learned_positions=0,
        tied_embeddings=config.tie_word_embeddings,
    )


def _gated(
    config: Any,
    *,
    query_key_value_bias: bool = False,
    attention_output_bias: bool = False,
    mlp_bias: bool = False,
    qk_norm: bool = False,
) -> DecoderDimensions:
    """Rotary positions, RMS norms before attention and before a gated MLP, and one at the end."""
    heads = config.num_attention_heads
    return DecoderDimensions(
        layers=config.num_hidden_layers,
        hidden_size=config.hidden_size,
        attention_heads=heads,
        key_value_heads=config.num_key_value_heads,
        head_dim=getattr(config, "head_dim", None) or config.hidden_size // heads,
        intermediate_size=config.intermediate_size,
        vocabulary_size=config.vocab_size,
        mlp="gated",
        norm="rmsnorm",
        qk_norm=qk_norm,
        query_key_value_bias=query_key_value_bias,
        attention_output_bias=attention_output_bias,
        mlp_bias=mlp_bias,
        learned_positions=0,
        tied_embeddings=config.tie_word_embeddings,
    )


def _llama(config: Any) -> DecoderDimensions:
    return _gated(
        config,
        query_key_value_bias=config.attention_bias,
        attention_output_bias=config.attention_bias,
        mlp_bias=config.mlp_bias,
    )


def _qwen2(config: Any) -> DecoderDimensions:
    return _gated(config, query_key_value_bias=True)


def _qwen3(config: Any) -> DecoderDimensions:
    return _gated(
        config,
        query_key_value_bias=config.attention_bias,
        attention_output_bias=config.attention_bias,
        qk_norm=True,
    )


_ARCHITECTURES: dict[str, Callable[[Any], DecoderDimensions | None]] = {
    "gpt2": _gpt2,
    "gpt_neox": _gpt_neox,
    "granite": _llama,
    "llama": _llama,
    "mistral": _gated,
    "phi3": _gated,
    "qwen2": _qwen2,
    "qwen3": _qwen3,
    "smollm3": _llama,
}
