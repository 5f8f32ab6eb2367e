"""JSON Schemas say what the models take, and what each field means (CFG-26)."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from llem_schema import (
    AcceleratorFacts,
    DeviceFacts,
    ExperimentConfig,
    ExperimentResult,
    HostFacts,
    Model,
    UserConfig,
    WorkOrder,
    json_schema,
)

GOLDENS = Path(__file__).with_name("goldens")
DOCUMENTS = {
    "experiment-config": ExperimentConfig,
    "result": ExperimentResult,
    "user-config": UserConfig,
    "work-order": WorkOrder,
}
BY_DOCUMENT = pytest.mark.parametrize("document", DOCUMENTS)


def models_in(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The schemas of the models that a schema holds, by name."""
    return {schema["title"]: schema, **schema.get("$defs", {})}


def is_described(part: dict[str, Any], models: dict[str, dict[str, Any]]) -> bool:
    referred = part.get("$ref", "").removeprefix("#/$defs/")
    return bool(part.get("description") or models.get(referred, {}).get("description"))


class Described(Model):
    """A model
    in two lines."""

    width_mm: int
    """Across,
    in millimetres."""
    depth_mm: int
    "Of the hole."
    silent: int
    other: str = "the string below a field is what counts, not its default"


class TestDocuments:
    @BY_DOCUMENT
    def test_have_a_valid_schema_of_2020_12(self, document: str) -> None:
        schema = json_schema(DOCUMENTS[document])
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        Draft202012Validator.check_schema(schema)

    @BY_DOCUMENT
    def test_are_closed_and_described_at_every_depth(self, document: str) -> None:
        for name, model in models_in(json_schema(DOCUMENTS[document])).items():
            assert model["additionalProperties"] is False, name
            assert model["description"], name

    @BY_DOCUMENT
    def test_take_every_golden(self, document: str) -> None:
        validator = Draft202012Validator(json_schema(DOCUMENTS[document]))
        for file in (GOLDENS / document).glob("v*/*.json"):
            validator.validate(json.loads(file.read_text(encoding="utf-8")))

    @pytest.mark.parametrize("model", [ExperimentConfig, UserConfig], ids=lambda m: m.__name__)
    def test_that_people_type_describe_every_key(self, model: type[Model]) -> None:
        models = models_in(json_schema(model))
        silent = {
            f"{name}.{key}"
            for name, schema in models.items()
            for key, part in schema["properties"].items()
            if not is_described(part, models)
        }
        assert silent == set()


class TestDescriptions:
    def test_are_the_docstrings_of_model_and_fields(self) -> None:
        schema = json_schema(Described)
        assert schema["description"] == "A model\nin two lines."
        assert {name: part.get("description") for name, part in schema["properties"].items()} == {
            "width_mm": "Across, in millimetres.",
            "depth_mm": "Of the hole.",
            "silent": None,
            "other": None,
        }

    def test_are_left_out_where_the_source_is_not_at_hand(self) -> None:
        names: dict[str, Any] = {"Model": Model}
        exec('class Made(Model):\n    """Made."""\n    size: int\n    """Size."""', names)
        schema = json_schema(names["Made"])
        assert schema["description"] == "Made."
        assert "description" not in schema["properties"]["size"]


class TestUnion:
    def test_has_the_schema_of_each_member(self) -> None:
        schema = json_schema(DeviceFacts)
        assert set(schema["$defs"]) == {AcceleratorFacts.__name__, HostFacts.__name__}
        assert len(schema["anyOf"]) == 2
