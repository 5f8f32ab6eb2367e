"""Mappings that stay as they were validated."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, strategies as st
from llem_schema import DeviceReading, ExperimentConfig, FrozenDict, freeze_json

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def set_item(d: Any) -> None:
    d["a"] = 2


def delete_item(d: Any) -> None:
    del d["a"]


def merge_in_place(d: Any) -> None:
    d |= {"a": 2}


MUTATORS: dict[str, Callable[[Any], object]] = {
    "set_item": set_item,
    "delete_item": delete_item,
    "merge_in_place": merge_in_place,
    "clear": lambda d: d.clear(),
    "pop": lambda d: d.pop("a"),
    "popitem": lambda d: d.popitem(),
    "setdefault": lambda d: d.setdefault("b", 2),
    "update": lambda d: d.update(b=2),
}


class TestFrozenDict:
    @pytest.mark.parametrize("mutate", MUTATORS.values(), ids=MUTATORS)
    def test_refuses_every_mutator(self, mutate: Callable[[Any], object]) -> None:
        mapping = FrozenDict({"a": 1})
        with pytest.raises(TypeError, match="frozen"):
            mutate(mapping)
        assert mapping == {"a": 1}

    def test_no_mutator_of_dict_is_left_open(self) -> None:
        inherited = {
            name for name in dir(dict) if getattr(FrozenDict, name) is getattr(dict, name, None)
        }
        assert not inherited & {
            "__setitem__", "__delitem__", "__ior__",
            "clear", "pop", "popitem", "setdefault", "update",
        }  # fmt: skip

    def test_equals_a_dict_of_the_same_items(self) -> None:
        assert FrozenDict({"a": 1}) == {"a": 1}
        assert FrozenDict({"a": 1}) != {"a": 2}

    def test_hash_ignores_the_order_of_items(self) -> None:
        assert hash(FrozenDict({"a": 1, "b": 2})) == hash(FrozenDict({"b": 2, "a": 1}))

    def test_pickles_to_an_equal_frozen_dict(self) -> None:
        original = FrozenDict({"a": FrozenDict({"b": 1})})
        restored = pickle.loads(pickle.dumps(original))
        assert restored == original
        assert type(restored["a"]) is FrozenDict

    @pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
    def test_copy_is_the_object_itself(self, copied: Callable[[Any], Any]) -> None:
        original = FrozenDict({"a": 1})
        assert copied(original) is original

    def test_union_gives_a_plain_dict_to_build_from(self) -> None:
        assert type(FrozenDict({"a": 1}) | {"b": 2}) is dict


class TestFreezeJson:
    @given(json_values)
    def test_anything_from_json_becomes_hashable(self, value: Any) -> None:
        hash(freeze_json(value))

    @given(json_values)
    def test_freezing_twice_changes_nothing(self, value: Any) -> None:
        assert freeze_json(freeze_json(value)) == freeze_json(value)

    @pytest.mark.parametrize(
        "value",
        [{1, 2}, object(), b"bytes", float("nan"), float("inf"), {1: 2}, [{"a": {2: 3}}],
         "\ud800", {"\udfff": 1}, ["a", {"b": float("-inf")}]],
        ids=lambda value: "an object" if type(value) is object else repr(value),
    )  # fmt: skip
    def test_refuses_what_json_cannot_hold(self, value: object) -> None:
        with pytest.raises(ValueError, match=r"JSON form|not text|UTF-8"):
            freeze_json(value)


class TestMappingsInModels:
    def test_nested_values_are_frozen_as_well(self) -> None:
        config = ExperimentConfig(
            model="m",
            extension={"acme": {"flags": {"fast": [1, 2]}}},  # type: ignore[dict-item,arg-type]
        )
        assert config.extension is not None
        with pytest.raises(TypeError, match="frozen"):
            config.extension["acme"]["flags"]["fast"] = ()
        assert config.extension["acme"]["flags"]["fast"] == (1, 2)

    def test_changing_the_input_later_does_not_reach_the_model(self) -> None:
        given_by_caller: dict[str, Any] = {"stop": ["a"]}
        config = ExperimentConfig(model="m", passthrough_kwargs=given_by_caller)  # type: ignore[arg-type]
        given_by_caller["stop"].append("b")
        assert config.passthrough_kwargs == {"stop": ("a",)}

    def test_default_mapping_is_frozen(self) -> None:
        reading = DeviceReading(
            uuid="host", energy_j=None, method="none", scope="host",
            mean_power_w=None, peak_power_w=None,
        )  # fmt: skip
        with pytest.raises(TypeError, match="frozen"):
            reading.terms["gain"] = 1.0

    def test_models_with_mappings_can_be_hashed(self) -> None:
        config = ExperimentConfig(model="m", passthrough_kwargs={"a": [1]})  # type: ignore[arg-type]
        assert hash(config) == hash(config.model_copy())
