"""Dimensions of the architectures that `DecoderDimensions` describes to the last parameter."""

from collections.abc import Callable
from typing import Any

from llem_schema import DecoderDimensions, ExpertLayers, SlidingWindow


def dimensions_of(config: Any) -> DecoderDimensions | None:
    """The dimensions that a transformers config gives; None for other architectures."""
    describe = _ARCHITECTURES.get(config.model_type)
    return describe(config) if describe else None


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
    norms_per_layer: int = 2,
    experts: ExpertLayers | None = None,
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
        norms_per_layer=norms_per_layer,
        qk_norm=qk_norm,
        query_key_value_bias=query_key_value_bias,
        attention_output_bias=attention_output_bias,
        mlp_bias=mlp_bias,
        learned_positions=0,
        tied_embeddings=config.tie_word_embeddings,
        sliding_window=_sliding_window(config),
        experts=experts,
    )


def _sliding_window(config: Any) -> SlidingWindow | None:
    """Of the layers whose kind says so, of all layers where the config names no kinds."""
    tokens = getattr(config, "sliding_window", None)
    kinds = getattr(config, "layer_types", None) or ["sliding_attention"] * config.num_hidden_layers
    layers = sum(kind == "sliding_attention" for kind in kinds)
    return SlidingWindow(tokens=tokens, layers=layers) if tokens and layers else None


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


def _gemma2(config: Any) -> DecoderDimensions:
    return _gated(
        config,
        query_key_value_bias=config.attention_bias,
        attention_output_bias=config.attention_bias,
        norms_per_layer=4,
    )


def _phi(config: Any) -> DecoderDimensions | None:
    if config.qk_layernorm:
        return None
    return DecoderDimensions(
        layers=config.num_hidden_layers,
        hidden_size=config.hidden_size,
        attention_heads=config.num_attention_heads,
        key_value_heads=config.num_key_value_heads,
        head_dim=config.hidden_size // config.num_attention_heads,
        intermediate_size=config.intermediate_size,
        vocabulary_size=config.vocab_size,
        mlp="plain",
        norm="layernorm",
        norms_per_layer=1,
        query_key_value_bias=True,
        attention_output_bias=True,
        mlp_bias=True,
        learned_positions=0,
        tied_embeddings=config.tie_word_embeddings,
        head_bias=True,
    )


def _mixtral(config: Any) -> DecoderDimensions:
    experts = ExpertLayers(
        layers=config.num_hidden_layers,
        per_layer=config.num_local_experts,
        active=config.num_experts_per_tok,
        intermediate_size=config.intermediate_size,
    )
    return _gated(config, experts=experts)


def _qwen2_moe(config: Any) -> DecoderDimensions:
    return _gated(
        config,
        query_key_value_bias=config.qkv_bias,
        experts=_sparse_layers(config, shared=config.shared_expert_intermediate_size),
    )


def _qwen3_moe(config: Any) -> DecoderDimensions:
    return _gated(
        config,
        query_key_value_bias=config.attention_bias,
        attention_output_bias=config.attention_bias,
        qk_norm=True,
        experts=_sparse_layers(config, shared=0),
    )


def _sparse_layers(config: Any, *, shared: int) -> ExpertLayers | None:
    """Every so many layers, but for those that are named as dense."""
    sparse = [
        layer
        for layer in range(config.num_hidden_layers)
        if layer not in (config.mlp_only_layers or ())
        and (layer + 1) % config.decoder_sparse_step == 0
    ]
    if not sparse or not config.num_experts:
        return None
    return ExpertLayers(
        layers=len(sparse),
        per_layer=config.num_experts,
        active=config.num_experts_per_tok,
        intermediate_size=config.moe_intermediate_size,
        shared_intermediate_size=shared,
    )


_ARCHITECTURES: dict[str, Callable[[Any], DecoderDimensions | None]] = {
    "gemma2": _gemma2,
    "gpt2": _gpt2,
    "gpt_neox": _gpt_neox,
    "granite": _llama,
    "llama": _llama,
    "mistral": _gated,
    "mixtral": _mixtral,
    "phi": _phi,
    "phi3": _gated,
    "qwen2": _qwen2,
    "qwen2_moe": _qwen2_moe,
    "qwen3": _qwen3,
    "qwen3_moe": _qwen3_moe,
    "smollm3": _llama,
}
