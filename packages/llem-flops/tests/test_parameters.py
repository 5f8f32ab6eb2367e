"""Parameters from dimensions: published counts and shapes small enough for the hand."""

import pytest
from llem_flops import ParameterCount, parameters
from llem_schema import DecoderDimensions

from .shapes import GPT2, PUBLISHED, llama

EXPERTS = {"layers": 1, "per_layer": 6, "active": 2, "intermediate_size": 3}


class TestPublishedModels:
    @pytest.mark.parametrize("name", PUBLISHED)
    def test_the_total_is_that_of_the_published_weights(self, name: str) -> None:
        assert parameters(PUBLISHED[name].dimensions).total == PUBLISHED[name].total

    @pytest.mark.parametrize("name", PUBLISHED)
    def test_non_embedding_is_the_figure_derived_by_hand(self, name: str) -> None:
        assert parameters(PUBLISHED[name].dimensions).non_embedding == PUBLISHED[name].non_embedding

    def test_every_part_of_gpt2_is_the_one_derived_by_hand(self) -> None:
        assert parameters(GPT2.dimensions) == ParameterCount(
            attention=12 * (768 * 2304 + 2304 + 768 * 768 + 768),
            mlp=12 * (768 * 3072 + 3072 + 3072 * 768 + 768),
            norms=12 * 4 * 768 + 2 * 768,
            input_embedding=50257 * 768,
            position_table=1024 * 768,
            output_head=0,
        )


class TestTinyShapes:
    """One layer, hidden 4, 2 heads of 3, 1 key-value head, intermediate 5, vocabulary 7."""

    BARE = llama(
        layers=1,
        hidden_size=4,
        attention_heads=2,
        key_value_heads=1,
        head_dim=3,
        intermediate_size=5,
        vocabulary_size=7,
    )

    def changed(self, **changes: object) -> DecoderDimensions:
        return DecoderDimensions.model_validate({**self.BARE.model_dump(), **changes})

    def test_without_any_bias(self) -> None:
        # queries 4x6, keys and values 4x3 each, output 6x4; three matrices of 4x5; three norms of 4
        assert parameters(self.BARE) == ParameterCount(
            attention=72, mlp=60, norms=12, input_embedding=28, position_table=0, output_head=28
        )

    @pytest.mark.parametrize(
        ("change", "difference"),
        [
            ({"query_key_value_bias": True}, 12),  # 6 + 3 + 3
            ({"attention_output_bias": True}, 4),
            ({"mlp_bias": True}, 14),  # 5 + 5 + 4
            ({"mlp": "plain"}, -20),  # one 4x5 matrix less
            ({"mlp": "plain", "mlp_bias": True}, -11),  # and biases 5 + 4
            ({"norm": "layernorm"}, 12),  # three biases of 4
            ({"qk_norm": True}, 6),  # 3 for queries, 3 for keys
            ({"qk_norm": True, "norm": "layernorm"}, 24),  # 12, and 12 for queries and keys
            ({"layers": 2}, 72 + 60 + 8),  # the final norm stays one
            ({"norms_per_layer": 4}, 8),
            ({"norms_per_layer": 1}, -4),
            # 6 experts of 3 x 4 x 3 and the router of 4 x 6 instead of the dense part
            ({"experts": EXPERTS}, 6 * 36 + 24 - 60),
            # and 3 x 4 x 8 with 4 that weigh it
            ({"experts": {**EXPERTS, "shared_intermediate_size": 8}}, 6 * 36 + 24 - 60 + 96 + 4),
            ({"layers": 2, "experts": EXPERTS}, 72 + 8 + 6 * 36 + 24),  # one layer stays dense
        ],
    )
    def test_each_part_counts_as_non_embedding(
        self, change: dict[str, object], difference: int
    ) -> None:
        before, after = parameters(self.BARE), parameters(self.changed(**change))
        assert after.non_embedding - before.non_embedding == difference
        assert after.embedding == before.embedding

    def test_a_dense_model_is_active_as_a_whole(self) -> None:
        assert parameters(self.BARE).active == parameters(self.BARE).non_embedding

    def test_the_experts_that_are_not_chosen_stand_idle(self) -> None:
        count = parameters(self.changed(experts=EXPERTS))
        assert count.idle_experts == 4 * 36
        assert count.active == 72 + 24 + 2 * 36 + 12

    @pytest.mark.parametrize(
        ("change", "difference"),
        [
            ({"tied_embeddings": True}, -28),
            ({"learned_positions": 9}, 36),
            ({"head_bias": True}, 7),
            ({"tied_embeddings": True, "head_bias": True}, -21),
        ],
    )
    def test_vocabulary_and_positions_count_as_embedding(
        self, change: dict[str, object], difference: int
    ) -> None:
        before, after = parameters(self.BARE), parameters(self.changed(**change))
        assert after.embedding - before.embedding == difference
        assert after.non_embedding == before.non_embedding
