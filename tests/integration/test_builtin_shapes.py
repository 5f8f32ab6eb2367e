"""Built-in shapes are those of the public models, to the last parameter."""

from typing import Any

import pytest
from llem_backend_pytorch import PyTorchBackend
from llem_backend_pytorch.builtin import BUILTIN_MODELS, builtin_config
from llem_backend_pytorch.meta_model import meta_model
from llem_backend_pytorch.shape import shape_of
from llem_flops import memory_estimate, parameters
from llem_schema import ExperimentConfig, PyTorchConfig, RunSettings

PUBLISHED = {
    "gpt2": 124_439_808,
    "llama-3.1-70b": 70_553_706_496,
    "llama-3.1-8b": 8_030_261_248,
    "llama-3.2-1b": 1_235_814_400,
    "gemma-2-9b": 9_241_705_984,
    "mistral-7b": 7_241_732_096,
    "mixtral-8x7b": 46_702_792_704,
    "phi-2": 2_779_683_840,
    "phi-3-mini-4k": 3_821_079_552,
    "pythia-160m": 162_322_944,
    "qwen1.5-moe-a2.7b": 14_315_784_192,
    "qwen2.5-0.5b": 494_032_768,
    "qwen2.5-7b": 7_615_616_512,
    "qwen3-0.6b": 596_049_920,
    "qwen3-30b-a3b": 30_532_122_624,
    "qwen3-8b": 8_190_735_360,
    "smollm2-135m": 134_515_008,
    "tinyllama-1.1b": 1_100_048_384,
}
"""Values in the checkpoints that the models' makers published."""


class TestBuiltinShapes:
    @pytest.mark.parametrize("name", BUILTIN_MODELS)
    def test_have_the_parameters_that_transformers_makes(self, name: str) -> None:
        config, unused = builtin_config(f"builtin:{name}", {})
        shape = shape_of(meta_model(config, None))
        assert shape.dimensions is not None
        counted = parameters(shape.dimensions)
        assert counted.total == shape.counted_parameters
        assert counted.embedding == shape.counted_embedding_parameters
        assert unused == {}
        if name in PUBLISHED:
            assert counted.total == PUBLISHED[name]

    @pytest.mark.parametrize(
        ("name", "precision"),
        [
            ("tiny", "fp32"),
            ("smollm2-135m", "bf16"),
            pytest.param("gpt2", "fp16", marks=pytest.mark.slow),
            pytest.param("pythia-160m", "bf16", marks=pytest.mark.slow),
            pytest.param("qwen3-0.6b", "bf16", marks=pytest.mark.slow),
        ],
    )
    def test_take_the_memory_that_was_estimated_to_the_last_byte(
        self, name: str, precision: Any
    ) -> None:
        config = ExperimentConfig(
            model=f"builtin:{name}",
            precision=precision,
            max_output_tokens=1,
            pytorch=PyTorchConfig(device="cpu"),
        )
        with PyTorchBackend(RunSettings()).load(config) as loaded:
            estimate = memory_estimate(loaded.shape, precision, 1, 1)
            measured = loaded.memory().weights_mib
            assert measured is not None
            beside = measured - estimate.weights_mib
        # the frequencies of rotary positions, which are no weights
        assert 0 <= beside * 2**20 <= 4096

    def test_are_those_of_published_models_but_for_the_smallest(self) -> None:
        assert BUILTIN_MODELS.keys() - PUBLISHED.keys() == {"tiny"}

    @pytest.mark.parametrize(
        ("name", "active"), [("mixtral-8x7b", 12.9e9), ("qwen3-30b-a3b", 3.3e9)]
    )
    def test_of_mixtures_go_through_as_many_as_their_makers_say(
        self, name: str, active: float
    ) -> None:
        config, _ = builtin_config(f"builtin:{name}", {})
        dimensions: Any = shape_of(meta_model(config, None)).dimensions
        counted = parameters(dimensions)
        # what the makers state, to its last digit, counts the vocabulary's matrices
        assert counted.active + counted.embedding == pytest.approx(active, abs=0.06e9)
