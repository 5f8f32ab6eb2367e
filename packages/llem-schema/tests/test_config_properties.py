"""Round trips and hashes, over configs of every kind (RES-02)."""

import json
import pickle
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from llem_schema import (
    ExperimentConfig,
    ExperimentResult,
    PyTorchConfig,
    RunSettings,
    WorkOrder,
    canonical_json,
    known_keys,
    measurement_config_hash,
    result_from_json,
)
from llem_testing.values import complete_document, random_document, variations

randoms = st.randoms(use_true_random=False)
documents = randoms.map(lambda random: random_document(ExperimentConfig, random))
configs = documents.map(ExperimentConfig.model_validate)
orders = randoms.map(lambda random: as_order(random_document(WorkOrder, random)))
KEYS = known_keys(ExperimentConfig)
FREE_FORM = frozenset({"passthrough_kwargs", "model_kwargs", "extension"})
"""Mappings in which a None is a value of its own."""


def as_order(document: dict[str, Any]) -> WorkOrder:
    return WorkOrder.model_validate_json(json.dumps(document))


def reversed_keys(value: Any) -> Any:
    """The same document with the keys of every mapping in the opposite order."""
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [reversed_keys(item) for item in value]
    return value


def without_nones(value: Any) -> Any:
    """The same config without the fields that are None."""
    if not isinstance(value, dict):
        return value
    return {
        key: item if key in FREE_FORM else without_nones(item)
        for key, item in value.items()
        if item is not None
    }


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

    @given(orders)
    def test_of_a_work_order(self, order: WorkOrder) -> None:
        assert WorkOrder.model_validate_json(order.model_dump_json()) == order

    @given(st.integers(0, 2**32))
    @settings(max_examples=30)
    def test_of_a_result(self, seed: int) -> None:
        """From a seed, since a result takes more draws than an example may have."""
        document = random_document(ExperimentResult, Random(seed))
        result = result_from_json(json.dumps(document))
        assert result_from_json(result.model_dump_json()) == result


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

    @given(documents)
    def test_ignores_fields_that_are_none(self, document: dict[str, Any]) -> None:
        config = ExperimentConfig.model_validate(document)
        bare = ExperimentConfig.model_validate(without_nones(document))
        assert measurement_config_hash(bare) == measurement_config_hash(config)

    def test_changes_with_every_field_of_the_config_and_with_nothing_else(self) -> None:
        document = complete_document(WorkOrder)
        base = as_order(document)
        seen = set()
        for changed in variations(WorkOrder, document):
            order = as_order(changed.document)
            same = measurement_config_hash(order.config) == measurement_config_hash(base.config)
            assert same == (changed.place[0] != "config"), changed
            seen.add(changed.key)
        assert seen >= {key for key in known_keys(WorkOrder) if key != "schema_version"}

    @pytest.mark.parametrize(
        "key", [k for k in KEYS if not any(o.startswith(f"{k}.") for o in KEYS)]
    )
    def test_tells_two_workloads_apart(self, key: str) -> None:
        document = complete_document(ExperimentConfig)
        changes = [c for c in variations(ExperimentConfig, document) if c.key == key]
        values = {
            ExperimentConfig.model_validate(made)
            for made in [document, *(changed.document for changed in changes)]
        }
        assert len({measurement_config_hash(config) for config in values}) == len(values) > 1


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
