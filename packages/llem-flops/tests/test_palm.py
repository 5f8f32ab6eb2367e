"""2 x N x tokens, and where N comes from."""

import pytest
from hypothesis import given, strategies as st
from llem_contracts import NotSupported, RequestTokens
from llem_flops import PalmCounter
from llem_schema import FlopsResult, ModelShape

from .shapes import GPT2, LLAMA_3_1_8B, MIXTRAL_8X7B, PUBLISHED, llama, shape

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

EXPERTS = {"layers": 1, "per_layer": 6, "active": 2, "intermediate_size": 3}


def count(
    shape: ModelShape, input_tokens: int, output_tokens: int, padded: int = 0, discarded: int = 0
) -> FlopsResult:
    request = RequestTokens(input_tokens, output_tokens, padded, discarded)
    return PalmCounter().count(shape, [request])


class TestFromDimensions:
    def test_gpt2_costs_two_operations_per_non_embedding_parameter_and_token(self) -> None:
        result = count(shape(GPT2.dimensions), input_tokens=10, output_tokens=4)
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
        result = count(shape(LLAMA_3_1_8B.dimensions), 1, 0)
        assert result.flops_total == 13_959_176_192

    def test_dimensions_beat_the_count_of_an_engine_that_packs_weights(self) -> None:
        packed = shape(GPT2.dimensions, counted=80_000_000, counted_embedding=39_000_000)
        assert count(packed, 1, 1).parameters_total == 124_439_808

    def test_no_output_has_no_figure_per_output_token(self) -> None:
        assert count(shape(SMALL), 5, 0).flops_per_output_token is None

    @pytest.mark.parametrize("tokens", [(-1, 1), (1, -1)])
    def test_negative_tokens_are_refused(self, tokens: tuple[int, int]) -> None:
        with pytest.raises(ValueError, match="no count may be negative"):
            count(shape(SMALL), *tokens)


class TestContradictions:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"sliding_window": {"tokens": 4, "layers": 2}}, "2 layers with a window of only 1"),
            ({"experts": {**EXPERTS, "layers": 2}}, "2 layers with experts of only 1"),
            ({"experts": {**EXPERTS, "active": 7}}, "7 active experts of only 6"),
        ],
    )
    def test_a_part_that_is_more_than_the_whole_is_refused(
        self, change: dict[str, object], message: str
    ) -> None:
        dimensions = llama(**{**SMALL.model_dump(), **change})
        with pytest.raises(NotSupported, match=message) as caught:
            count(shape(dimensions), 1, 1)
        assert caught.value.cure


class TestFromCounts:
    def test_counted_parameters_less_embeddings_are_of_medium_confidence(self) -> None:
        result = count(shape(None, counted=100, counted_embedding=30), 2, 3)
        assert (result.flops_prefill, result.flops_decode) == (280, 420)
        assert (result.parameters_total, result.parameters_non_embedding) == (100, 70)
        assert (result.method, result.confidence) == ("palm", "medium")

    def test_a_total_alone_is_of_low_confidence_and_claims_no_non_embedding_count(self) -> None:
        result = count(shape(None, counted=100), 2, 3)
        assert result.flops_total == 2 * 100 * 5
        assert (result.parameters_total, result.parameters_non_embedding) == (100, None)
        assert (result.method, result.confidence) == ("palm_all_parameters", "low")

    def test_nothing_known_is_refused_with_the_reason(self) -> None:
        with pytest.raises(NotSupported, match="'made-up' are not known") as caught:
            count(shape(None, counted_embedding=3), 1, 1)
        assert caught.value.cure

    def test_more_embeddings_than_parameters_is_refused(self) -> None:
        with pytest.raises(
            NotSupported, match="5 parameters of embeddings and experts among only 4"
        ):
            count(shape(None, counted=4, counted_embedding=5), 1, 1)

    def test_a_count_alone_does_not_tell_what_the_matrix_units_do(self) -> None:
        result = count(shape(None, counted=100, counted_embedding=30), 2, 3)
        assert result.flops_matmul_total is None
        assert result.flops_matmul_attention_decode is None


class TestMixtureOfExperts:
    @pytest.mark.parametrize("name", PUBLISHED)
    def test_n_is_what_a_token_goes_through(self, name: str) -> None:
        published = PUBLISHED[name]
        result = count(shape(published.dimensions), 512, 128)
        n = published.active or published.non_embedding
        assert result.parameters_active == n
        assert result.flops_total == 2 * n * 640
        assert result.parameters_non_embedding == published.non_embedding
        assert result.confidence == "high"

    def test_mixtral_computes_like_a_model_of_a_quarter_of_its_size(self) -> None:
        result = count(shape(MIXTRAL_8X7B.dimensions), 1, 0)
        assert result.parameters_active < result.parameters_total / 3

    def test_counted_experts_count_by_their_share(self) -> None:
        # 70 non-embedding, 40 of them in 8 experts of which 2 are chosen: 30 + 10
        mixture = shape(
            None,
            counted=100,
            counted_embedding=30,
            experts=8,
            active_experts=2,
            counted_expert=40,
        )
        result = count(mixture, 2, 3)
        assert (result.parameters_active, result.parameters_non_embedding) == (40, 70)
        assert (result.flops_total, result.confidence) == (400, "medium")

    @pytest.mark.parametrize("missing", ["active_experts", "counted_expert", "counted_embedding"])
    def test_an_unknown_active_share_is_refused_with_the_reason(self, missing: str) -> None:
        counts = {
            "counted": 100,
            "counted_embedding": 30,
            "experts": 8,
            "active_experts": 2,
            "counted_expert": 40,
        }
        with pytest.raises(NotSupported, match="8 experts per layer") as caught:
            count(shape(None, **{**counts, missing: None}), 1, 1)
        assert caught.value.cure

    def test_more_experts_than_parameters_is_refused(self) -> None:
        with pytest.raises(NotSupported, match="120 parameters of embeddings and experts"):
            count(shape(None, counted=100, counted_embedding=30, counted_expert=90), 1, 1)


class TestPadding:
    def test_it_is_not_counted_and_its_share_is_told(self) -> None:
        # a row of 3 + 5 positions, then 4 + 2 output tokens of which the last is not fed back
        bare = count(shape(SMALL), 5, 4)
        padded = count(shape(SMALL), 5, 4, padded=3, discarded=2)
        assert padded.padding_share == pytest.approx(5 / 13)
        assert padded == bare.model_copy(update={"padding_share": padded.padding_share})
        assert bare.padding_share == 0

    def test_nothing_computed_has_no_padding(self) -> None:
        assert PalmCounter().count(shape(SMALL), []).padding_share == 0


class TestLaws:
    @given(TOKENS, TOKENS)
    def test_prefill_and_decode_add_up_to_the_total(self, prompt: int, output: int) -> None:
        result = count(shape(SMALL), prompt, output)
        assert result.flops_prefill + result.flops_decode == result.flops_total

    @given(TOKENS, TOKENS, st.integers(min_value=0, max_value=1000))
    def test_linear_in_tokens(self, prompt: int, output: int, factor: int) -> None:
        once = count(shape(SMALL), prompt, output)
        often = count(shape(SMALL), factor * prompt, factor * output)
        assert often.flops_total == pytest.approx(factor * once.flops_total)

    @given(st.integers(1, 64), st.integers(1, 64), TOKENS.filter(bool))
    def test_more_layers_cost_more(self, layers: int, more: int, tokens: int) -> None:
        def flops(number: int) -> float:
            dimensions = SMALL.model_copy(update={"layers": number})
            return count(shape(dimensions), tokens, 0).flops_total

        assert flops(layers) < flops(layers + more)
