import hashlib

import pytest
import torch
from llem_backend_pytorch.builtin import builtin_config
from llem_backend_pytorch.dummy_weights import dummy_weights
from llem_backend_pytorch.meta_model import meta_model


@pytest.fixture(scope="module")
def tiny():
    config, _ = builtin_config("builtin:tiny", {})
    return dummy_weights(meta_model(config, None).named_parameters())


def digest(tensor):
    return hashlib.sha256(tensor.numpy().astype("<f4").tobytes()).hexdigest()[:16]


class TestDummyWeights:
    def test_they_are_the_same_on_every_machine(self, tiny):
        assert digest(tiny["lm_head.weight"]) == "7c0a998a756ca11e"
        assert digest(tiny["model.layers.1.mlp.down_proj.weight"]) == "18e7672efe03ee32"

    def test_matrices_spread_as_in_a_fresh_model(self, tiny):
        weight = tiny["model.embed_tokens.weight"]
        assert float(weight.std()) == pytest.approx(0.018, rel=0.01)
        assert abs(float(weight.mean())) < 1e-3

    def test_norms_are_one_and_biases_zero(self):
        vectors = {"norm.weight": torch.empty(3), "attn.bias": torch.empty(2)}
        weights = dummy_weights(vectors.items())
        assert weights["norm.weight"].tolist() == [1, 1, 1]
        assert weights["attn.bias"].tolist() == [0, 0]

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
    def test_every_precision_holds_the_same_numbers(self, tiny, dtype):
        weight = tiny["lm_head.weight"]
        assert torch.equal(weight.to(dtype).to(torch.float32), weight)

    def test_a_size_that_is_no_multiple_of_a_word_is_filled(self):
        weights = dummy_weights([("w", torch.empty(3, 5))])
        assert weights["w"].shape == (3, 5)
        assert len(set(weights["w"].flatten().tolist())) > 5
