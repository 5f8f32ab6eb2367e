"""Public architectures, with their dimensions and published parameter counts."""

from dataclasses import dataclass

from llem_schema import DecoderDimensions, ExpertLayers, ModelShape, SlidingWindow


@dataclass(frozen=True)
class Published:
    """Dimensions from a model's config file, and golden values.

    All but `total` are derived by hand from `total` and the dimensions; the derivation stands
    beside the number. The FLOPs are those of one request with 512 input and 128 output tokens: 512
    and 127 positions go through the layers, 128 through the head, and the sum of the contexts is
    639 x 640 / 2 = 204,480 where every layer sees every position.
    """

    dimensions: DecoderDimensions
    total: int
    """Parameters of the published weights."""
    non_embedding: int
    matrices: int
    """Weights that one token is multiplied with in the layers."""
    matmul: int
    """`flops_matmul_total`: 2 x 639 x matrices + 2 x 128 x hidden x vocabulary
    + 4 x layers x heads x head_dim x 204,480."""
    key_value_bytes: int
    """Per token in bf16: 4 x layers x key-value heads x head_dim."""
    active: int | None = None
    """None for a dense model: `non_embedding`."""


def llama(**dimensions: object) -> DecoderDimensions:
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
    active_experts: int | None = None,
    counted_expert: int | None = None,
) -> ModelShape:
    return ModelShape(
        architecture="made-up",
        dimensions=dimensions,
        counted_parameters=counted,
        counted_embedding_parameters=counted_embedding,
        experts_per_layer=experts,
        active_experts_per_layer=active_experts,
        counted_expert_parameters=counted_expert,
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
    # less norms 25 x 1,536 and biases 12 x (2,304 + 768 + 3,072 + 768)
    matrices=84_934_656,
    matmul=125_965_369_344,
    key_value_bytes=36_864,
)

SMOLLM2_135M = Published(
    # HuggingFaceTB/SmolLM2-135M, config.json
    llama(
        layers=30,
        hidden_size=576,
        attention_heads=9,
        key_value_heads=3,
        head_dim=64,
        intermediate_size=1536,
        vocabulary_size=49152,
        tied_embeddings=True,
    ),
    total=134_515_008,
    # 134,515,008 - 49,152 x 576 = 134,515,008 - 28,311,552
    non_embedding=106_203_456,
    # less norms 61 x 576
    matrices=106_168_320,
    matmul=157_064_527_872,
    key_value_bytes=23_040,
)

QWEN_2_5_05B = Published(
    # Qwen/Qwen2.5-0.5B, config.json; queries, keys and values have a bias, the output has none
    llama(
        layers=24,
        hidden_size=896,
        attention_heads=14,
        key_value_heads=2,
        head_dim=64,
        intermediate_size=4864,
        vocabulary_size=151936,
        query_key_value_bias=True,
        tied_embeddings=True,
    ),
    total=494_032_768,
    # 494,032,768 - 151,936 x 896 = 494,032,768 - 136,134,656
    non_embedding=357_898_112,
    # less norms 49 x 896 and biases 24 x (896 + 2 x 128)
    matrices=357_826_560,
    matmul=509_741_367_296,
    key_value_bytes=12_288,
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
    # less norms 33 x 2,048
    matrices=973_078_528,
    matmul=1_337_639_043_072,
    key_value_bytes=32_768,
)

PHI_2 = Published(
    # microsoft/phi-2, config.json; one norm per layer, biases everywhere, the head's among them
    DecoderDimensions(
        layers=32,
        hidden_size=2560,
        attention_heads=32,
        key_value_heads=32,
        head_dim=80,
        intermediate_size=10240,
        vocabulary_size=51200,
        mlp="plain",
        norm="layernorm",
        norms_per_layer=1,
        query_key_value_bias=True,
        attention_output_bias=True,
        mlp_bias=True,
        learned_positions=0,
        tied_embeddings=False,
        head_bias=True,
    ),
    total=2_779_683_840,
    # 2,779,683,840 - 2 x 51,200 x 2,560 - 51,200 = 2,779,683,840 - 262,144,000 - 51,200
    non_embedding=2_517_488_640,
    # less norms 33 x 5,120 and biases 32 x (4 x 2,560 + 10,240 + 2,560)
    matrices=2_516_582_400,
    matmul=3_316_750_745_600,
    key_value_bytes=327_680,
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
        sliding_window=SlidingWindow(tokens=4096, layers=32),
    ),
    total=7_241_732_096,
    # 7,241,732,096 - 2 x 32,000 x 4,096 = 7,241,732,096 - 262,144,000
    non_embedding=6_979_588_096,
    # less norms 65 x 4,096
    matrices=6_979_321_856,
    matmul=9_060_334_174_208,
    key_value_bytes=131_072,
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
    # less norms 57 x 3,584 and biases 28 x (3,584 + 2 x 512)
    matrices=6_525_288_448,
    matmul=8_560_917_872_640,
    key_value_bytes=57_344,
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
    # less norms 65 x 4,096
    matrices=6_979_321_856,
    matmul=9_161_265_905_664,
    key_value_bytes=131_072,
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
    # less norms 73 x 4,096 + 36 x 256
    matrices=6_945_767_424,
    matmul=9_156_614_422_528,
    key_value_bytes=147_456,
)

GEMMA_2_9B = Published(
    # google/gemma-2-9b, config.json; four norms per layer, every other layer has a window
    llama(
        layers=42,
        hidden_size=3584,
        attention_heads=16,
        key_value_heads=8,
        head_dim=256,
        intermediate_size=14336,
        vocabulary_size=256000,
        norms_per_layer=4,
        tied_embeddings=True,
        sliding_window=SlidingWindow(tokens=4096, layers=21),
    ),
    total=9_241_705_984,
    # 9,241,705,984 - 256,000 x 3,584 = 9,241,705,984 - 917,504,000
    non_embedding=8_324_201_984,
    # less norms 169 x 3,584
    matrices=8_323_596_288,
    matmul=11_013_145_493_504,
    key_value_bytes=344_064,
)

LLAMA_3_1_70B = Published(
    # meta-llama/Llama-3.1-70B, config.json
    llama(
        layers=80,
        hidden_size=8192,
        attention_heads=64,
        key_value_heads=8,
        head_dim=128,
        intermediate_size=28672,
        vocabulary_size=128256,
    ),
    total=70_553_706_496,
    # 70,553,706,496 - 2 x 128,256 x 8,192 = 70,553,706,496 - 2,101,346,304
    non_embedding=68_452_360_192,
    # less norms 161 x 8,192
    matrices=68_451_041_280,
    matmul=88_285_435_133_952,
    key_value_bytes=327_680,
)

MIXTRAL_8X7B = Published(
    # mistralai/Mixtral-8x7B-v0.1, config.json
    llama(
        layers=32,
        hidden_size=4096,
        attention_heads=32,
        key_value_heads=8,
        head_dim=128,
        intermediate_size=14336,
        vocabulary_size=32000,
        experts=ExpertLayers(layers=32, per_layer=8, active=2, intermediate_size=14336),
    ),
    total=46_702_792_704,
    # 46,702,792,704 - 2 x 32,000 x 4,096 = 46,702,792,704 - 262,144,000
    non_embedding=46_440_648_704,
    # less 32 x 6 experts of 3 x 4,096 x 14,336
    active=12_617_781_248,
    # less norms 65 x 4,096
    matrices=12_617_515_008,
    matmul=16_265_945_022_464,
    key_value_bytes=131_072,
)

QWEN_3_30B_A3B = Published(
    # Qwen/Qwen3-30B-A3B, config.json
    llama(
        layers=48,
        hidden_size=2048,
        attention_heads=32,
        key_value_heads=4,
        head_dim=128,
        intermediate_size=6144,
        vocabulary_size=151936,
        qk_norm=True,
        experts=ExpertLayers(layers=48, per_layer=128, active=8, intermediate_size=768),
    ),
    total=30_532_122_624,
    # 30,532,122,624 - 2 x 151,936 x 2,048 = 30,532,122,624 - 622,329,856
    non_embedding=29_909_792_768,
    # less 48 x 120 experts of 3 x 2,048 x 768
    active=2_730_702_848,
    # less norms 97 x 2,048 + 48 x 256
    matrices=2_730_491_904,
    matmul=3_730_036_490_240,
    key_value_bytes=98_304,
)

PUBLISHED = {
    "gpt2": GPT2,
    "smollm2-135m": SMOLLM2_135M,
    "qwen2.5-0.5b": QWEN_2_5_05B,
    "llama-3.2-1b": LLAMA_3_2_1B,
    "phi-2": PHI_2,
    "mistral-7b": MISTRAL_7B,
    "qwen2.5-7b": QWEN_2_5_7B,
    "llama-3.1-8b": LLAMA_3_1_8B,
    "qwen3-8b": QWEN_3_8B,
    "gemma-2-9b": GEMMA_2_9B,
    "llama-3.1-70b": LLAMA_3_1_70B,
    "mixtral-8x7b": MIXTRAL_8X7B,
    "qwen3-30b-a3b": QWEN_3_30B_A3B,
}
