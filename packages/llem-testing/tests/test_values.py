"""Values from the JSON Schema, held against an independent validator and the models themselves."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from jsonschema import Draft202012Validator
from llem_schema import (
    EnergyBreakdown,
    EnvironmentSnapshot,
    FrozenList,
    JsonObject,
    Model,
    Moment,
    UserConfig,
    WorkOrder,
    json_schema,
    known_keys,
)
from llem_testing.values import (
    UNKNOWN_KEY,
    Changed,
    complete_document,
    minimal_document,
    misfits,
    random_document,
    variations,
)
from pydantic import Field, ValidationError

MODELS = [WorkOrder, UserConfig, EnvironmentSnapshot, EnergyBreakdown]
VALIDATORS = {model: Draft202012Validator(json_schema(model)) for model in MODELS}
BY_MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


def assert_valid(model: type[Model], document: dict[str, Any]) -> None:
    VALIDATORS[model].validate(document)
    model.model_validate_json(json.dumps(document))


def value_at(changed: Changed) -> Any:
    value: Any = changed.document
    for part in changed.place:
        value = value[part]
    return value


class Small(Model):
    """Few fields, of which the tests know every value."""

    size: int = Field(ge=1)
    share: float | None = Field(default=None, gt=0, le=1)
    names: FrozenList[str] = ()


class TestDocuments:
    @BY_MODEL
    def test_complete_one_has_every_key_and_is_valid(self, model: type[Model]) -> None:
        document = complete_document(model)
        assert_valid(model, document)
        found = {changed.key for changed in misfits(model, document)}
        assert {key.replace("*", "key") for key in known_keys(model)} <= {
            key.replace("*", "key") for key in found
        }

    @BY_MODEL
    def test_minimal_one_has_the_required_keys_alone_and_is_valid(self, model: type[Model]) -> None:
        document = minimal_document(model)
        assert_valid(model, document)
        for key in document:
            assert model.model_fields[key].is_required()

    @BY_MODEL
    @given(random=st.randoms(use_true_random=False))
    @settings(max_examples=50)
    def test_random_one_is_valid(self, model: type[Model], random: Random) -> None:
        assert_valid(model, random_document(model, random))

    def test_random_one_follows_the_state_it_is_given(self) -> None:
        made = [random_document(WorkOrder, Random(seed)) for seed in (1, 1, 2)]
        assert made[0] == made[1] != made[2]


class TestVariations:
    @BY_MODEL
    def test_are_valid_and_differ_from_the_document_at_their_place_alone(
        self, model: type[Model]
    ) -> None:
        document = complete_document(model)
        before = json.dumps(document)
        for changed in variations(model, document):
            assert_valid(model, changed.document)
            assert value_at(changed) != value_at(Changed(changed.place, document))
            top = changed.place[0]
            assert changed.document.keys() == document.keys()
            assert all(changed.document[key] == document[key] for key in document if key != top)
        assert json.dumps(document) == before

    def test_reach_every_field_of_every_branch(self) -> None:
        document = {"size": 1, "share": 1, "names": ["a"]}
        values: dict[str, list[Any]] = {}
        for changed in variations(Small, document):
            values.setdefault(changed.key, []).append(value_at(changed))
        assert {2, 3} <= set(values["size"])
        assert {0.001, None} <= set(values["share"])
        assert [] in values["names"]
        assert "off" in values["names.*"]


class TestMisfits:
    @BY_MODEL
    def test_are_refused_by_an_independent_validator(self, model: type[Model]) -> None:
        for changed in misfits(model, complete_document(model)):
            try:
                value = value_at(changed)
            except KeyError:
                value = None
            # JSON Schema takes 3.0 for an integer, knows no NaN, and reads `format` as a remark.
            if isinstance(value, float) or changed.key.endswith("_at"):
                continue
            assert not VALIDATORS[model].is_valid(changed.document), (changed.key, value)

    @BY_MODEL
    def test_are_refused_by_the_model_at_their_place(self, model: type[Model]) -> None:
        for changed in misfits(model, complete_document(model)):
            with pytest.raises(ValidationError) as caught:
                model.model_validate_json(json.dumps(changed.document))
            locations = [iter(error["loc"]) for error in caught.value.errors()]
            assert any(all(part in location for part in changed.place) for location in locations), (
                changed.key, caught.value.errors(),
            )  # fmt: skip

    def test_are_of_every_kind(self) -> None:
        document = {"size": 1, "share": 1, "names": ["a"]}
        values: dict[str, list[str]] = {}
        for changed in misfits(Small, document):
            shown = "left out" if changed.place[-1] not in (changed.document or {}) else ""
            if len(changed.place) == 1:
                values.setdefault(changed.key, []).append(shown or repr(value_at(changed)))
        assert {"'3'", "3.0", "2.5", "True", "None", "[]", "{}", "0", "nan", "left out"} <= set(
            values["size"]
        )
        assert {"0", "1.001", "'3'", "True", "inf"} <= set(values["share"])
        assert "None" not in values["share"]
        assert {"'text'", "None", "{}", "[{}]"} <= set(values["names"])
        assert values[UNKNOWN_KEY] == ["0"]

    def test_hold_extra_keys_at_every_depth(self) -> None:
        keys = {changed.key for changed in misfits(WorkOrder, complete_document(WorkOrder))}
        assert {
            UNKNOWN_KEY,
            f"settings.{UNKNOWN_KEY}",
            f"config.{UNKNOWN_KEY}",
            f"config.dataset.{UNKNOWN_KEY}",
            f"config.pytorch.{UNKNOWN_KEY}",
        } <= keys


class TestFreeForm:
    class Free(Model):
        """A free-form mapping and a moment."""

        anything: JsonObject
        at: Moment

    def test_a_number_that_json_does_not_know_is_a_misfit_inside(self) -> None:
        document = complete_document(self.Free)
        inside = [repr(value_at(c)) for c in misfits(self.Free, document) if len(c.place) == 2]
        assert {"nan", "inf", "-inf"} <= set(inside)

    def test_a_moment_without_its_offset_is_a_misfit(self) -> None:
        document = complete_document(self.Free)
        found = [
            value_at(c)
            for c in misfits(self.Free, document)
            if c.place == ("at",) and "at" in c.document
        ]
        assert {"yesterday", "3", "2026-11-23", "2026-11-23T14:30:05"} <= {
            value for value in found if isinstance(value, str)
        }
