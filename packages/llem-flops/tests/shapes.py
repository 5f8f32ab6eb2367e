"""Public architectures, with their dimensions and published parameter counts."""

from dataclasses import dataclass

from llem_schema import DecoderDimensions, ModelShape


@dataclass(frozen=True)
class Published:
    """Dimensions from a model's config file and the parameters of its published weights."""

    dimensions: DecoderDimensions
    total: int
    non_embedding: int
    """Derived by hand; the derivation stands beside it."""


def llama(**dimensions: int | bool) -> DecoderDimensions:
    """A decoder with gated feed-forward, RMS norms, rotary positions and no bias anywhere."""
    defaults = {
        "mlp": "gated",
        "norm": "rmsnorm",
        "query_key_value_bias": False,
        "attention_output_bias": False,
        "mlp_bias": False,
        "learned_positions": 0,
        "tied_embeddings": False,
    }
    return DecoderDimensions.model_validate({**defaults, **dimensions})


def shape(
    dimensions: DecoderDimensions | None,
    counted: int | None = None,
    counted_embedding: int | None = None,
    experts: int | None = None,
) -> ModelShape:
    return ModelShape(
        architecture="made-up",
        dimensions=dimensions,
        counted_parameters=counted,
        counted_embedding_parameters=counted_embedding,
        experts_per_layer=experts,
    )


GPT2 = Published(
    # openai-community/gpt2, config.json
    DecoderDimensions(
        layers=12,
        hidden_size=768,
        attention_heads=12,
        key_value_heads=12,
        head_dim=64,
        intermediate_size=3072,
        vocabulary_size=50257,
        mlp="plain",
        norm="layernorm",
        query_key_value_bias=True,
        attention_output_bias=True,
        mlp_bias=True,
        learned_positions=1024,
        tied_embeddings=True,
    ),
    total=124_439_808,
    # 124,439,808 - 50,257 x 768 - 1,024 x 768 = 124,439,808 - 38,597,376 - 786,432
    non_embedding=85_056_000,
)

LLAMA_3_2_1B = Published(
    # meta-llama/Llama-3.2-1B, config.json
    llama(
        layers=16,
        hidden_size=2048,
        attention_heads=32,
        key_value_heads=8,
        head_dim=64,
        intermediate_size=8192,
        vocabulary_size=128256,
        tied_embeddings=True,
    ),
    total=1_235_814_400,
    # 1,235,814,400 - 128,256 x 2,048 = 1,235,814,400 - 262,668,288
    non_embedding=973_146_112,
)

LLAMA_3_1_8B = Published(
    # meta-llama/Llama-3.1-8B, config.json
    llama(
        layers=32,
        hidden_size=4096,
        attention_heads=32,
        key_value_heads=8,
        head_dim=128,
        intermediate_size=14336,
        vocabulary_size=128256,
    ),
    total=8_030_261_248,
    # 8,030,261,248 - 2 x 128,256 x 4,096 = 8,030,261,248 - 1,050,673,152
    non_embedding=6_979_588_096,
)

QWEN_2_5_7B = Published(
    # Qwen/Qwen2.5-7B, config.json; queries, keys and values have a bias, the output has none
    llama(
        layers=28,
        hidden_size=3584,
        attention_heads=28,
        key_value_heads=4,
        head_dim=128,
        intermediate_size=18944,
        vocabulary_size=152064,
        query_key_value_bias=True,
    ),
    total=7_615_616_512,
    # 7,615,616,512 - 2 x 152,064 x 3,584 = 7,615,616,512 - 1,089,994,752
    non_embedding=6_525_621_760,
)

MISTRAL_7B = Published(
    # mistralai/Mistral-7B-v0.1, config.json
    llama(
        layers=32,
        hidden_size=4096,
        attention_heads=32,
        key_value_heads=8,
        head_dim=128,
        intermediate_size=14336,
        vocabulary_size=32000,
    ),
    total=7_241_732_096,
    # 7,241,732,096 - 2 x 32,000 x 4,096 = 7,241,732,096 - 262,144,000
    non_embedding=6_979_588_096,
)

QWEN_3_8B = Published(
    # Qwen/Qwen3-8B, config.json; norms of queries and keys
    llama(
        layers=36,
        hidden_size=4096,
        attention_heads=32,
        key_value_heads=8,
        head_dim=128,
        intermediate_size=12288,
        vocabulary_size=151936,
        qk_norm=True,
    ),
    total=8_190_735_360,
    # 8,190,735,360 - 2 x 151,936 x 4,096 = 8,190,735,360 - 1,244,659,712
    non_embedding=6_946_075_648,
)

PUBLISHED = {
    "gpt2": GPT2,
    "llama-3.2-1b": LLAMA_3_2_1B,
    "llama-3.1-8b": LLAMA_3_1_8B,
    "qwen2.5-7b": QWEN_2_5_7B,
    "mistral-7b": MISTRAL_7B,
    "qwen3-8b": QWEN_3_8B,
}
