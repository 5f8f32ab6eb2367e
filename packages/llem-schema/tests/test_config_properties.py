"""Round trips and hashes, over configs of every kind (RES-02)."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from llem_schema import (
    ExperimentConfig,
    PyTorchConfig,
    RunSettings,
    WorkOrder,
    canonical_json,
    measurement_config_hash,
)

names = st.text(min_size=1, max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(st.text(max_size=8), json_values, max_size=3)


def sections(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping that holds some of these keys."""
    return st.fixed_dictionaries({}, optional=optional)


documents = st.fixed_dictionaries(
    {"model": names},
    optional={
        "revision": st.none() | names,
        "backend": names,
        "precision": st.sampled_from(["fp32", "fp16", "bf16"]),
        "dataset": names
        | st.fixed_dictionaries({"source": names}, optional={"column": st.none() | names}),
        "n": st.integers(1, 10**6),
        "max_input_tokens": st.none() | st.integers(1, 10**6),
        "max_output_tokens": st.integers(1, 10**6),
        "output_length": st.sampled_from(["fixed", "natural"]),
        "random_seed": st.integers(0, 2**32 - 1),
        "decoder": sections(
            strategy=st.sampled_from(["greedy", "sample"]),
            temperature=st.none() | st.floats(0.01, 10.0),
            top_k=st.none() | st.integers(1, 1000),
            top_p=st.none() | st.floats(0.01, 1.0),
        ),
        "warmup": sections(
            n_warmup=st.integers(0, 100),
            convergence_detection=st.booleans(),
            cv_threshold=st.floats(0.001, 1.0),
            max_prompts=st.integers(1, 100),
            thermal=st.sampled_from(["plateau", "floor", "off"]),
            thermal_floor_seconds=st.floats(30.0, 600.0),
        ),
        "baseline": sections(enabled=st.booleans(), duration_seconds=st.floats(0.1, 600.0)),
        "energy": sections(meter=names, sample_period_s=st.none() | st.floats(0.001, 1.0)),
        "min_window_s": st.floats(0.0, 1e6) | st.integers(0, 10**6),
        "passthrough_kwargs": st.none() | json_objects,
        "pytorch": st.none()
        | sections(
            device=st.sampled_from(["auto", "cpu", "cuda", None]),
            batch_size=st.none() | st.integers(1, 512),
            attn_implementation=st.none() | names,
            model_kwargs=st.none() | json_objects,
        ),
        "extension": st.none() | st.dictionaries(names, json_objects, max_size=2),
    },
)
configs = documents.map(ExperimentConfig.model_validate)


def reversed_keys(value: Any) -> Any:
    """The same document with the keys of every mapping in the opposite order."""
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [reversed_keys(item) for item in value]
    return value


class TestRoundTrips:
    @given(configs)
    def test_through_json(self, config: ExperimentConfig) -> None:
        assert ExperimentConfig.model_validate_json(config.model_dump_json()) == config

    @given(configs)
    def test_through_plain_python(self, config: ExperimentConfig) -> None:
        assert ExperimentConfig.model_validate(config.model_dump()) == config

    @given(configs)
    def test_through_json_without_what_was_not_set(self, config: ExperimentConfig) -> None:
        text = config.model_dump_json(exclude_unset=True)
        assert ExperimentConfig.model_validate_json(text) == config

    @given(configs)
    @settings(max_examples=30)
    def test_through_pickle(self, config: ExperimentConfig) -> None:
        assert pickle.loads(pickle.dumps(config)) == config

    @given(configs, names)
    @settings(max_examples=30)
    def test_of_a_work_order(self, config: ExperimentConfig, experiment_id: str) -> None:
        order = WorkOrder(experiment_id=experiment_id, config=config, settings=RunSettings())
        assert WorkOrder.model_validate_json(order.model_dump_json()) == order


class TestHash:
    @given(configs)
    def test_is_sixteen_hex_digits(self, config: ExperimentConfig) -> None:
        value = measurement_config_hash(config)
        assert len(value) == 16
        assert set(value) <= set("0123456789abcdef")

    @given(documents)
    def test_ignores_the_order_of_keys(self, document: dict[str, Any]) -> None:
        there = ExperimentConfig.model_validate(document)
        back = ExperimentConfig.model_validate(reversed_keys(document))
        assert measurement_config_hash(there) == measurement_config_hash(back)

    @given(configs)
    def test_survives_saving_and_loading(self, config: ExperimentConfig) -> None:
        loaded = ExperimentConfig.model_validate_json(config.model_dump_json())
        assert measurement_config_hash(loaded) == measurement_config_hash(config)

    @given(documents)
    def test_ignores_whether_a_default_was_spelt_out(self, document: dict[str, Any]) -> None:
        config = ExperimentConfig.model_validate(document)
        spelt_out = ExperimentConfig.model_validate(config.model_dump())
        assert measurement_config_hash(spelt_out) == measurement_config_hash(config)

    @given(configs, st.integers(1, 10**6))
    def test_tells_two_workloads_apart(self, config: ExperimentConfig, n: int) -> None:
        other = config.model_copy(update={"n": n})
        same = measurement_config_hash(other) == measurement_config_hash(config)
        assert same == (n == config.n)


class TestPinnedHash:
    """Files that exist keep their hash: a change here makes old results strangers."""

    def test_of_the_defaults(self) -> None:
        config = ExperimentConfig(model="builtin:tiny")
        assert measurement_config_hash(config) == "3663e4bbe600a3cc"

    def test_of_a_config_with_every_section(self) -> None:
        config = ExperimentConfig.model_validate(
            {
                "model": "meta-llama/Llama-3.1-8B",
                "revision": "main",
                "precision": "fp16",
                "dataset": {"source": "prompts.jsonl", "column": "question"},
                "n": 32,
                "max_input_tokens": 512,
                "max_output_tokens": 64,
                "output_length": "natural",
                "random_seed": 7,
                "decoder": {"strategy": "sample", "temperature": 0.7, "top_k": 50, "top_p": 0.9},
                "warmup": {"n_warmup": 2, "thermal": "floor"},
                "baseline": {"enabled": False},
                "energy": {"meter": "nvml", "sample_period_s": 0.1},
                "min_window_s": 30,
                "passthrough_kwargs": {"num_beams": 2, "eos_token_id": None, "für": ["é", 1.5]},
                "pytorch": {"device": "cuda", "batch_size": 8, "model_kwargs": {"a": {"b": 1}}},
                "extension": {"acme": {"threads": 4}},
            }
        )
        assert measurement_config_hash(config) == "b5f0e72259eee999"


class TestCanonicalJson:
    def test_drops_optional_fields_that_are_none(self) -> None:
        text = canonical_json(ExperimentConfig(model="m"))
        assert "null" not in text
        assert not {"revision", "max_input_tokens", "pytorch", "extension"} & set(json.loads(text))

    def test_keeps_a_none_that_is_a_value_of_its_own(self) -> None:
        config = ExperimentConfig(model="m", passthrough_kwargs={"eos_token_id": None})  # type: ignore[arg-type]
        assert json.loads(canonical_json(config))["passthrough_kwargs"] == {"eos_token_id": None}

    def test_drops_a_section_that_says_nothing(self) -> None:
        bare = ExperimentConfig(model="m")
        assert canonical_json(
            ExperimentConfig(model="m", pytorch=PyTorchConfig())
        ) == canonical_json(bare)

    def test_writes_letters_as_they_are_and_no_spaces(self) -> None:
        assert canonical_json({"b": "é", "a": (1, None)}) == '{"a":[1,null],"b":"é"}'

    def test_refuses_nan(self) -> None:
        with pytest.raises(ValueError, match="Out of range"):
            canonical_json(float("nan"))


class TestRunSettings:
    def test_are_not_part_of_the_config(self) -> None:
        assert not set(RunSettings.model_fields) & set(ExperimentConfig.model_fields)

    def test_change_no_hash(self) -> None:
        config = ExperimentConfig(model="m")
        orders = [
            WorkOrder(experiment_id="a", config=config, settings=RunSettings(results_dir=folder))
            for folder in ("here", "there")
        ]
        assert len({measurement_config_hash(order.config) for order in orders}) == 1
