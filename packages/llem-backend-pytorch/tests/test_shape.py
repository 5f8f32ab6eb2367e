"""Dimensions, against the parameters that transformers makes."""

import pytest
import transformers
from llem_backend_pytorch.dimensions import dimensions_of
from llem_backend_pytorch.meta_model import meta_model
from llem_backend_pytorch.shape import shape_of
from llem_schema import ExpertLayers, SlidingWindow

SMALL = {
    "vocab_size": 97,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
}


def config(kind, **changes):
    return getattr(transformers, f"{kind}Config")(**{**SMALL, **changes})


def gpt2(**changes):
    settings = {"vocab_size": 97, "n_positions": 40, "n_embd": 48, "n_layer": 3, "n_head": 6}
    return transformers.GPT2Config(**{**settings, **changes})


DESCRIBED = {
    "gpt2": gpt2(),
    "gpt2 with an inner size": gpt2(n_inner=100),
    "gpt2 untied": gpt2(tie_word_embeddings=False),
    "gpt_neox": config("GPTNeoX"),
    "gpt_neox without bias": config("GPTNeoX", attention_bias=False),
    "llama": config("Llama"),
    "llama with biases": config("Llama", attention_bias=True, mlp_bias=True),
    "llama tied, wide heads": config("Llama", tie_word_embeddings=True, head_dim=16),
    "mistral": config("Mistral"),
    "phi3": config("Phi3"),
    "qwen2": config("Qwen2"),
    "qwen3": config("Qwen3", head_dim=16),
    "qwen3 with bias": config("Qwen3", head_dim=16, attention_bias=True),
    "granite": config("Granite"),
    "smollm3": config("SmolLM3"),
}


def reckoned(d):
    """Parameters of a dense decoder, written down from its parts: (all, embedding)."""
    queries, keys = d.attention_heads * d.head_dim, d.key_value_heads * d.head_dim
    attention = d.hidden_size * (queries + 2 * keys) + queries * d.hidden_size
    attention += d.query_key_value_bias * (queries + 2 * keys)
    attention += d.attention_output_bias * d.hidden_size + d.qk_norm * 2 * d.head_dim
    matrices = 3 if d.mlp == "gated" else 2
    mlp = matrices * d.hidden_size * d.intermediate_size
    mlp += d.mlp_bias * ((matrices - 1) * d.intermediate_size + d.hidden_size)
    norm = d.hidden_size * (2 if d.norm == "layernorm" else 1)
    tables = d.vocabulary_size * (1 if d.tied_embeddings else 2) + d.learned_positions
    embedding = tables * d.hidden_size
    return embedding + d.layers * (attention + mlp + 2 * norm) + norm, embedding


class TestDimensions:
    @pytest.mark.parametrize("name", DESCRIBED)
    def test_they_account_for_every_parameter(self, name):
        shape = shape_of(meta_model(DESCRIBED[name], None))
        assert (shape.counted_parameters, shape.counted_embedding_parameters) == reckoned(
            shape.dimensions
        )
        assert shape.experts_per_layer is None

    def test_an_architecture_that_is_not_described_is_counted_alone(self):
        opt = config("OPT", ffn_dim=80, max_position_embeddings=32, word_embed_proj_dim=48)
        shape = shape_of(meta_model(opt, None))
        assert shape.dimensions is None
        assert shape.architecture == "opt"
        assert shape.counted_parameters > shape.counted_embedding_parameters > 97 * 48

    def test_cross_attention_is_not_described(self):
        assert shape_of(meta_model(gpt2(add_cross_attention=True), None)).dimensions is None

    def test_a_mixture_of_experts_tells_its_experts(self):
        shape = shape_of(meta_model(config("Mixtral", num_local_experts=4), None))
        assert shape.experts_per_layer == 4
        assert shape.active_experts_per_layer == 2
        # three layers of four experts with three matrices each
        assert shape.counted_expert_parameters == 3 * 4 * 3 * 48 * 80
        assert shape.dimensions.experts == ExpertLayers(
            layers=3, per_layer=4, active=2, intermediate_size=80
        )

    def test_layers_that_stay_dense_are_not_counted_as_mixtures(self):
        few = config(
            "Qwen3Moe",
            num_hidden_layers=6,
            num_experts=4,
            num_experts_per_tok=2,
            moe_intermediate_size=16,
            decoder_sparse_step=2,
            mlp_only_layers=[3],
            head_dim=8,
        )
        shape = shape_of(meta_model(few, None))
        assert shape.dimensions.experts.layers == 2  # the second and the sixth
        assert shape.counted_expert_parameters == 2 * 4 * 3 * 48 * 16

    def test_experts_of_an_architecture_that_is_not_described_are_counted(self):
        olmoe = config("Olmoe", num_experts=4, num_experts_per_tok=2)
        shape = shape_of(meta_model(olmoe, None))
        assert shape.dimensions is None
        assert (shape.experts_per_layer, shape.active_experts_per_layer) == (4, 2)
        assert shape.counted_expert_parameters == 3 * 4 * 3 * 48 * 80


class TestSlidingWindow:
    def test_without_kinds_it_is_that_of_all_layers(self):
        window = dimensions_of(config("Mistral", sliding_window=7)).sliding_window
        assert window == SlidingWindow(tokens=7, layers=3)
        assert dimensions_of(config("Mistral", sliding_window=None)).sliding_window is None

    def test_with_kinds_it_is_that_of_the_layers_that_have_one(self):
        window = dimensions_of(config("Gemma2", sliding_window=7, num_hidden_layers=5))
        assert window.sliding_window == SlidingWindow(tokens=7, layers=3)

    def test_that_the_config_switches_off_is_none(self):
        off = config("Qwen2", sliding_window=7, use_sliding_window=False)
        assert dimensions_of(off).sliding_window is None
        on = config("Qwen2", sliding_window=7, use_sliding_window=True, max_window_layers=1)
        assert dimensions_of(on).sliding_window == SlidingWindow(tokens=7, layers=2)


class TestMetaModel:
    def test_it_takes_no_memory_and_leaves_the_config_alone(self):
        given = config("Llama")
        before = given.to_dict()
        model = meta_model(given, "eager")
        assert {parameter.device.type for parameter in model.parameters()} == {"meta"}
        assert given.to_dict() == before
