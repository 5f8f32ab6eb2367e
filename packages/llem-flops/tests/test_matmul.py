"""What the matrix units do: published models, shapes small enough for the hand, laws."""

import pytest
from hypothesis import given, strategies as st
from llem_contracts import RequestTokens
from llem_flops import MatmulFlops, matmul_flops
from llem_schema import DecoderDimensions, ExpertLayers, SlidingWindow

from .shapes import PUBLISHED, llama

TOKENS = st.integers(min_value=1, max_value=300)
SMALL = llama(
    layers=2,
    hidden_size=4,
    attention_heads=2,
    key_value_heads=1,
    head_dim=3,
    intermediate_size=5,
    vocabulary_size=7,
)
PER_POSITION = 2 * 2 * (4 * 6 + 2 * 4 * 3 + 6 * 4 + 3 * 4 * 5)
"""Two layers; queries, keys and values, output; gate, up, down."""
HEAD = 2 * 4 * 7
PER_CONTEXT = 2 * 4 * 2 * 3


def changed(**changes: object) -> DecoderDimensions:
    return DecoderDimensions.model_validate({**SMALL.model_dump(), **changes})


def counted(
    dimensions: DecoderDimensions, input_tokens: int, output_tokens: int, times: int = 1
) -> MatmulFlops:
    return matmul_flops(dimensions, [RequestTokens(input_tokens, output_tokens)] * times)


class TestPublishedModels:
    @pytest.mark.parametrize("name", PUBLISHED)
    def test_the_total_is_the_figure_derived_by_hand(self, name: str) -> None:
        flops = counted(PUBLISHED[name].dimensions, 512, 128)
        assert flops.prefill + flops.decode == PUBLISHED[name].matmul


class TestPhases:
    def test_the_prompt_passes_the_layers_once_and_its_last_position_the_head(self) -> None:
        # contexts 1 + 2 + 3
        flops = counted(SMALL, 3, 1)
        assert flops.prefill == 3 * PER_POSITION + HEAD + 6 * PER_CONTEXT
        assert flops.attention_prefill == 6 * PER_CONTEXT
        assert (flops.decode, flops.attention_decode) == (0, 0)

    def test_decoding_takes_a_forward_for_every_output_token_but_the_first(self) -> None:
        # the first token comes from the prompt; the other ones see 4 and 5 positions
        flops = counted(SMALL, 3, 3)
        assert flops.decode == 2 * (PER_POSITION + HEAD) + 9 * PER_CONTEXT
        assert flops.attention_decode == 9 * PER_CONTEXT

    def test_a_ragged_batch_is_the_sum_of_its_requests(self) -> None:
        requests = [RequestTokens(3, 1), RequestTokens(5, 4), RequestTokens(3, 1)]
        whole = matmul_flops(SMALL, requests)
        parts = [matmul_flops(SMALL, [request]) for request in requests]
        assert whole == MatmulFlops(
            *(
                sum(getattr(part, name) for part in parts)
                for name in ("prefill", "decode", "attention_prefill", "attention_decode")
            )
        )


class TestParts:
    @pytest.mark.parametrize(
        "change",
        [
            {"tied_embeddings": True},
            {"query_key_value_bias": True, "attention_output_bias": True, "mlp_bias": True},
            {"norm": "layernorm", "qk_norm": True},
            {"learned_positions": 99},
            {"head_bias": True},
        ],
    )
    def test_look_ups_norms_and_biases_are_no_multiplications_of_matrices(
        self, change: dict[str, object]
    ) -> None:
        assert counted(changed(**change), 3, 3) == counted(SMALL, 3, 3)

    def test_a_plain_feed_forward_part_has_one_matrix_less(self) -> None:
        difference = counted(SMALL, 1, 1).prefill - counted(changed(mlp="plain"), 1, 1).prefill
        assert difference == 2 * 2 * 4 * 5

    def test_queries_share_keys_and_attend_all_the_same(self) -> None:
        # twice the keys and values: two layers, key and value, 4 x 3 more each
        difference = (
            counted(changed(key_value_heads=2), 1, 1).prefill - counted(SMALL, 1, 1).prefill
        )
        assert difference == 2 * 2 * 2 * 4 * 3

    def test_a_window_bounds_the_context_of_its_layers(self) -> None:
        # one layer sees 1, 2, 2, 2 and then 2; the other 1, 2, 3, 4 and then 5
        flops = counted(changed(sliding_window=SlidingWindow(tokens=2, layers=1)), 4, 2)
        assert flops.attention_prefill == (7 + 10) * PER_CONTEXT // 2
        assert flops.attention_decode == (2 + 5) * PER_CONTEXT // 2

    def test_a_token_goes_through_its_experts_alone_and_through_the_router(self) -> None:
        experts = ExpertLayers(layers=1, per_layer=6, active=2, intermediate_size=3)
        flops = counted(changed(experts=experts), 1, 1)
        dense, router, chosen = 3 * 4 * 5, 4 * 6, 2 * 3 * 4 * 3
        assert flops.prefill - counted(SMALL, 1, 1).prefill == 2 * (router + chosen - dense)

    def test_a_shared_expert_is_for_every_token_and_has_a_weight(self) -> None:
        alone = ExpertLayers(layers=2, per_layer=6, active=2, intermediate_size=3)
        beside = alone.model_copy(update={"shared_intermediate_size": 8})
        difference = (
            counted(changed(experts=beside), 1, 1).prefill
            - counted(changed(experts=alone), 1, 1).prefill
        )
        assert difference == 2 * 2 * (3 * 4 * 8 + 4)


class TestLaws:
    @given(TOKENS, TOKENS, TOKENS)
    def test_a_window_as_long_as_the_text_changes_nothing(
        self, prompt: int, output: int, more: int
    ) -> None:
        window = SlidingWindow(tokens=prompt + output + more, layers=2)
        assert counted(changed(sliding_window=window), prompt, output) == counted(
            SMALL, prompt, output
        )

    @given(TOKENS, TOKENS)
    def test_where_a_text_is_split_into_input_and_output_changes_the_head_alone(
        self, prompt: int, output: int
    ) -> None:
        def layers(input_tokens: int, output_tokens: int) -> int:
            flops = counted(SMALL, input_tokens, output_tokens)
            return flops.prefill + flops.decode - output_tokens * HEAD

        assert layers(prompt, output) == layers(prompt + output - 1, 1)

    @given(TOKENS, TOKENS, st.integers(1, 9))
    def test_requests_add_up(self, prompt: int, output: int, times: int) -> None:
        assert counted(SMALL, prompt, output, times).decode == (
            times * counted(SMALL, prompt, output).decode
        )
