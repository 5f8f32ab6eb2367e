"""The defaults that requirements fix (CFG-02, CFG-04, CFG-05, CM-17, CM-21, CM-22)."""

import pytest
from llem_schema import DatasetConfig, ExperimentConfig, PyTorchConfig
from pydantic import ValidationError


class TestExperimentConfigDefaults:
    def test_only_the_model_is_required(self) -> None:
        with pytest.raises(ValidationError) as caught:
            ExperimentConfig.model_validate({})
        assert [error["loc"] for error in caught.value.errors()] == [("model",)]

    def test_defaults_are_pinned(self) -> None:
        assert ExperimentConfig(model="m").model_dump() == {
            "model": "m",
            "revision": None,
            "backend": "pytorch",
            "precision": "bf16",
            "dataset": "builtin",
            "n": 100,
            "max_input_tokens": None,
            "max_output_tokens": 128,
            "output_length": "fixed",
            "random_seed": 42,
            "decoder": {
                "strategy": "greedy",
                "temperature": None,
                "top_k": None,
                "top_p": None,
            },
            "warmup": {
                "n_warmup": 5,
                "convergence_detection": False,
                "cv_threshold": 0.05,
                "max_prompts": 20,
                "thermal": "plateau",
                "thermal_floor_seconds": 60.0,
            },
            "baseline": {"enabled": True, "duration_seconds": 30.0, "cache_ttl_seconds": None},
            "energy": {"meter": "auto", "sample_period_s": None, "phases": None},
            "min_window_s": 10.0,
            "latency": None,
            "methodology": None,
            "cold_start": None,
            "lora": None,
            "passthrough_kwargs": None,
            "pytorch": None,
            "extension": None,
        }

    def test_backend_section_leaves_every_choice_to_the_backend(self) -> None:
        assert set(PyTorchConfig().model_dump().values()) == {None}

    def test_default_instances_are_shared_and_frozen(self) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            ExperimentConfig(model="m").warmup.n_warmup = 1  # type: ignore[misc]


class TestDataset:
    def test_name_has_a_long_form(self) -> None:
        config = ExperimentConfig(model="m", dataset="prompts.jsonl")
        assert config.dataset_config == DatasetConfig(source="prompts.jsonl")

    def test_mapping_with_a_source_alone_becomes_the_name(self) -> None:
        config = ExperimentConfig(model="m", dataset=DatasetConfig(source="builtin"))
        assert config == ExperimentConfig(model="m", dataset="builtin")

    def test_mapping_that_says_more_stays(self) -> None:
        dataset = DatasetConfig(source="p.jsonl", column="question")
        assert ExperimentConfig(model="m", dataset=dataset).dataset == dataset
