"""2 x N x tokens, and where N comes from."""

import pytest
from hypothesis import given, strategies as st
from llem_contracts import NotSupported
from llem_flops import PalmCounter

from .shapes import GPT2, LLAMA_3_1_8B, llama, shape

TOKENS = st.integers(min_value=0, max_value=10**9)
SMALL = llama(
    layers=1,
    hidden_size=4,
    attention_heads=2,
    key_value_heads=1,
    head_dim=3,
    intermediate_size=5,
    vocabulary_size=7,
)


class TestFromDimensions:
    def test_gpt2_costs_two_operations_per_non_embedding_parameter_and_token(self) -> None:
        result = PalmCounter().count(shape(GPT2.dimensions), input_tokens=10, output_tokens=4)
        assert result.flops_prefill == 2 * 85_056_000 * 10
        assert result.flops_decode == 2 * 85_056_000 * 4
        assert result.flops_total == 2 * 85_056_000 * 14
        assert result.flops_per_output_token == 2 * 85_056_000 * 14 / 4
        assert (result.parameters_total, result.parameters_non_embedding) == (
            124_439_808,
            85_056_000,
        )
        assert (result.method, result.confidence) == ("palm", "high")

    def test_llama_3_1_8b_costs_fourteen_gigaflops_a_token(self) -> None:
        result = PalmCounter().count(shape(LLAMA_3_1_8B.dimensions), 1, 0)
        assert result.flops_total == 13_959_176_192

    def test_dimensions_beat_the_count_of_an_engine_that_packs_weights(self) -> None:
        packed = shape(GPT2.dimensions, counted=80_000_000, counted_embedding=39_000_000)
        assert PalmCounter().count(packed, 1, 1).parameters_total == 124_439_808

    def test_no_output_has_no_figure_per_output_token(self) -> None:
        assert PalmCounter().count(shape(SMALL), 5, 0).flops_per_output_token is None

    @pytest.mark.parametrize("tokens", [(-1, 1), (1, -1)])
    def test_negative_tokens_are_refused(self, tokens: tuple[int, int]) -> None:
        with pytest.raises(ValueError, match="neither may be negative"):
            PalmCounter().count(shape(SMALL), *tokens)


class TestFromCounts:
    def test_counted_parameters_less_embeddings_are_of_medium_confidence(self) -> None:
        result = PalmCounter().count(shape(None, counted=100, counted_embedding=30), 2, 3)
        assert (result.flops_prefill, result.flops_decode) == (280, 420)
        assert (result.parameters_total, result.parameters_non_embedding) == (100, 70)
        assert (result.method, result.confidence) == ("palm", "medium")

    def test_a_total_alone_is_of_low_confidence_and_claims_no_non_embedding_count(self) -> None:
        result = PalmCounter().count(shape(None, counted=100), 2, 3)
        assert result.flops_total == 2 * 100 * 5
        assert (result.parameters_total, result.parameters_non_embedding) == (100, None)
        assert (result.method, result.confidence) == ("palm_all_parameters", "low")

    def test_nothing_known_is_refused_with_the_reason(self) -> None:
        with pytest.raises(NotSupported, match="'made-up' are not known") as caught:
            PalmCounter().count(shape(None, counted_embedding=3), 1, 1)
        assert caught.value.cure

    def test_more_embeddings_than_parameters_is_refused(self) -> None:
        with pytest.raises(NotSupported, match="5 embedding parameters among only 4"):
            PalmCounter().count(shape(None, counted=4, counted_embedding=5), 1, 1)

    @pytest.mark.parametrize("dimensions", [None, SMALL])
    def test_a_mixture_of_experts_is_refused(self, dimensions: object) -> None:
        mixture = shape(dimensions, counted=100, counted_embedding=30, experts=8)  # type: ignore[arg-type]
        with pytest.raises(NotSupported, match="8 experts per layer"):
            PalmCounter().count(mixture, 1, 1)


class TestLaws:
    @given(TOKENS, TOKENS)
    def test_prefill_and_decode_add_up_to_the_total(self, prompt: int, output: int) -> None:
        result = PalmCounter().count(shape(SMALL), prompt, output)
        assert result.flops_prefill + result.flops_decode == result.flops_total

    @given(TOKENS, TOKENS, st.integers(min_value=0, max_value=1000))
    def test_linear_in_tokens(self, prompt: int, output: int, factor: int) -> None:
        once = PalmCounter().count(shape(SMALL), prompt, output)
        often = PalmCounter().count(shape(SMALL), factor * prompt, factor * output)
        assert often.flops_total == pytest.approx(factor * once.flops_total)

    @given(st.integers(1, 64), st.integers(1, 64), TOKENS.filter(bool))
    def test_more_layers_cost_more(self, layers: int, more: int, tokens: int) -> None:
        def flops(count: int) -> float:
            dimensions = SMALL.model_copy(update={"layers": count})
            return PalmCounter().count(shape(dimensions), tokens, 0).flops_total

        assert flops(layers) < flops(layers + more)
