"""Memory of weights, keys and values."""

import pytest
from hypothesis import given, strategies as st
from llem_contracts import NotSupported
from llem_flops import (
    PalmCounter,
    activation_bytes,
    key_value_bytes,
    memory_estimate,
    quantised_weight_bytes,
)
from llem_schema import Precision

from .shapes import (
    GEMMA_2_9B,
    GPT2,
    LLAMA_3_1_8B,
    MIXTRAL_8X7B,
    PUBLISHED,
    QWEN_3_30B_A3B,
    llama,
    shape,
)

MIB = 2**20
SIZE = st.integers(min_value=1, max_value=4096)


class TestWeights:
    @pytest.mark.parametrize(("precision", "bytes_each"), [("fp32", 4), ("fp16", 2), ("bf16", 2)])
    def test_all_parameters_count_embeddings_included(
        self, precision: Precision, bytes_each: int
    ) -> None:
        estimate = memory_estimate(shape(GPT2.dimensions), precision, batch_size=1, length=0)
        assert estimate.weights_mib == 124_439_808 * bytes_each / MIB

    def test_a_shape_without_parameters_is_refused(self) -> None:
        with pytest.raises(NotSupported, match="not known"):
            memory_estimate(shape(None), "bf16", 1, 1)

    def test_a_mixture_of_experts_holds_those_that_stand_idle_too(self) -> None:
        estimate = memory_estimate(shape(MIXTRAL_8X7B.dimensions), "bf16", 1, 0)
        assert estimate.weights_mib == 46_702_792_704 * 2 / MIB

    def test_counted_weights_are_taken_as_they_are(self) -> None:
        mixture = shape(None, counted=MIB * 1000, experts=8)
        assert memory_estimate(mixture, "bf16", 1, 0).weights_mib == 2000


class TestQuantisedWeights:
    """One layer: hidden 4, 2 heads of 3, 1 key-value head, intermediate 5, vocabulary 7."""

    SMALL = llama(
        layers=1,
        hidden_size=4,
        attention_heads=2,
        key_value_heads=1,
        head_dim=3,
        intermediate_size=5,
        vocabulary_size=7,
    )
    # matrices 4x6, 4x3 twice, 6x4, 4x5 twice, 5x4; embedding and head 28 each, three norms of 4
    REST = (28 + 28 + 12) * 2

    def test_eight_bits_have_a_scale_per_output(self) -> None:
        outputs = 6 + 3 + 3 + 4 + 5 + 5 + 4
        assert quantised_weight_bytes(self.SMALL, "bf16", 8) == 132 + outputs * 4 + self.REST

    def test_four_bits_have_a_scale_per_block_of_64_weights(self) -> None:
        # each of the seven matrices has fewer than 64 weights
        assert quantised_weight_bytes(self.SMALL, "bf16", 4) == 132 // 2 + 7 * 4 + self.REST

    def test_llama_3_1_8b_in_four_bits_takes_a_third_of_bf16(self) -> None:
        # 6,979,321,856 weights at 4.5 bits, 1,050,939,392 at 16
        estimate = PalmCounter().memory(shape(LLAMA_3_1_8B.dimensions), "bf16", 1, 0, weight_bits=4)
        assert estimate.weights_mib == (6_979_321_856 * 4.5 + 1_050_939_392 * 16) / 8 / MIB

    def test_routers_and_experts_stay_as_they_are(self) -> None:
        experts = {"layers": 1, "per_layer": 6, "active": 2, "intermediate_size": 3}
        mixture = llama(**{**self.SMALL.model_dump(), "experts": experts})
        # attention 72; 6 experts of 3 x 12 and the router of 4 x 6 stay
        outputs = 6 + 3 + 3 + 4
        assert quantised_weight_bytes(mixture, "fp16", 8) == (
            72 + outputs * 4 + (216 + 24) * 2 + self.REST
        )

    def test_a_shared_expert_is_a_matrix_like_others(self) -> None:
        experts = {
            "layers": 1,
            "per_layer": 6,
            "active": 2,
            "intermediate_size": 3,
            "shared_intermediate_size": 5,
        }
        mixture = llama(**{**self.SMALL.model_dump(), "experts": experts})
        # attention 72 and 3 x 20 of the shared expert; experts, router and the shared one's stay
        outputs = 6 + 3 + 3 + 4 + 5 + 5 + 4
        assert quantised_weight_bytes(mixture, "fp16", 8) == (
            132 + outputs * 4 + (216 + 24 + 4) * 2 + self.REST
        )

    def test_unknown_dimensions_are_refused_with_the_reason(self) -> None:
        with pytest.raises(NotSupported, match="quantised is not known"):
            memory_estimate(shape(None, counted=MIB), "bf16", 1, 1, weight_bits=8)


class TestKeysAndValues:
    def test_llama_3_1_8b_takes_128_kib_a_token_in_bf16(self) -> None:
        # 2 x 32 layers x 8 key-value heads x 128 x 2 bytes
        assert key_value_bytes(LLAMA_3_1_8B.dimensions, "bf16", 1, 1) == 128 * 1024

    @pytest.mark.parametrize("name", PUBLISHED)
    def test_a_token_takes_the_bytes_derived_by_hand(self, name: str) -> None:
        published = PUBLISHED[name]
        assert key_value_bytes(published.dimensions, "bf16", 1, 1) == published.key_value_bytes

    def test_layers_with_a_window_keep_the_newest_tokens(self) -> None:
        # 21 of 42 layers keep 4,096 of 10,000 tokens
        held = 21 * 4096 + 21 * 10_000
        assert key_value_bytes(GEMMA_2_9B.dimensions, "bf16", 3, 10_000) == held * 2 * 8 * 256 * 6

    def test_batch_and_length_multiply(self) -> None:
        estimate = memory_estimate(shape(LLAMA_3_1_8B.dimensions), "bf16", 8, 1024)
        assert estimate.kv_cache_mib == 1024

    def test_unknown_dimensions_leave_them_out_of_the_total(self) -> None:
        estimate = memory_estimate(shape(None, counted=MIB), "fp32", 8, 1024)
        assert (estimate.weights_mib, estimate.kv_cache_mib, estimate.total_mib) == (4, None, 4)

    @pytest.mark.parametrize(
        ("batch_size", "length", "input_length"), [(0, 1, 0), (1, -1, 0), (1, 5, 6), (1, 5, -1)]
    )
    def test_impossible_sizes_are_refused(
        self, batch_size: int, length: int, input_length: int
    ) -> None:
        with pytest.raises(ValueError, match="at least 1"):
            memory_estimate(
                shape(GPT2.dimensions), "fp32", batch_size, length, input_length=input_length
            )


class TestActivations:
    def test_decoding_holds_the_logits_and_their_copy_for_sampling(self) -> None:
        # 8 x 128,256 values of 2 bytes, and the same in 4
        assert activation_bytes(LLAMA_3_1_8B.dimensions, "bf16", 8, 0) == 8 * 128_256 * 6

    def test_a_prompt_holds_the_widened_vectors_of_every_position(self) -> None:
        # residual and norm, gate, up and their product
        positions = 8 * 1024
        assert activation_bytes(LLAMA_3_1_8B.dimensions, "bf16", 8, 1024) == (
            positions * (2 * 4096 + 3 * 14336) * 2
        )

    def test_of_experts_a_position_holds_those_that_it_goes_through(self) -> None:
        assert activation_bytes(QWEN_3_30B_A3B.dimensions, "bf16", 8, 1024) == (
            8 * 1024 * (2 * 2048 + 3 * 8 * 768) * 2
        )

    def test_they_are_in_the_total(self) -> None:
        estimate = PalmCounter().memory(
            shape(LLAMA_3_1_8B.dimensions), "bf16", 8, 2048, input_length=1024
        )
        assert estimate.kv_cache_mib == 2048
        assert estimate.activations_mib == 800
        assert estimate.total_mib == estimate.weights_mib + 2048 + 800


class TestLaws:
    @given(SIZE, SIZE, SIZE)
    def test_a_longer_text_never_takes_less(self, batch: int, length: int, more: int) -> None:
        short = PalmCounter().memory(shape(GPT2.dimensions), "fp16", batch, length)
        long = PalmCounter().memory(shape(GPT2.dimensions), "fp16", batch, length + more)
        assert short.total_mib < long.total_mib

    @given(SIZE, SIZE)
    def test_fp32_takes_twice_what_bf16_takes(self, batch: int, length: int) -> None:
        half = memory_estimate(shape(GPT2.dimensions), "bf16", batch, length)
        full = memory_estimate(shape(GPT2.dimensions), "fp32", batch, length)
        assert full.weights_mib == 2 * half.weights_mib
        assert full.kv_cache_mib == pytest.approx(2 * (half.kv_cache_mib or 0.0))
