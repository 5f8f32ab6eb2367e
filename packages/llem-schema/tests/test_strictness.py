"""Every model refuses what is not exactly right (CFG-01, RES-01)."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import llem_schema
import pytest
from llem_schema import ExperimentConfig, FrozenDict, Model, UserConfig
from llem_testing.values import complete_document, misfits, variations
from pydantic import ValidationError

HALF = "\ud800"
SCALARS = (str, int, float, bool, type(None), datetime)


def every_model() -> list[type[Model]]:
    for module in pkgutil.iter_modules(llem_schema.__path__, "llem_schema."):
        importlib.import_module(module.name)

    def subclasses(model: type[Model]) -> Iterator[type[Model]]:
        for child in model.__subclasses__():
            yield child
            yield from subclasses(child)

    found = {m for m in subclasses(Model) if m.__module__.startswith("llem_schema.")}
    return sorted(found, key=lambda model: model.__name__)


MODELS = every_model()
BY_MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


def inside(value: Any) -> Iterator[Any]:
    """A value and everything in it."""
    yield value
    if isinstance(value, Model):
        children = [getattr(value, field) for field in type(value).model_fields]
    elif isinstance(value, dict):
        children = [*value.keys(), *value.values()]
    else:
        children = [*value] if isinstance(value, tuple) else []
    for child in children:
        yield from inside(child)


class TestEveryModel:
    def test_the_walk_finds_the_models(self) -> None:
        assert {"ExperimentConfig", "ExperimentResult", "WorkOrder"} <= {
            model.__name__ for model in MODELS
        }

    @BY_MODEL
    def test_is_public(self, model: type[Model]) -> None:
        assert model.__name__ in llem_schema.__all__

    @BY_MODEL
    def test_is_composed_and_inherits_from_the_base_alone(self, model: type[Model]) -> None:
        assert model.__bases__ == (Model,)

    @BY_MODEL
    def test_refuses_an_unknown_key(self, model: type[Model]) -> None:
        with pytest.raises(ValidationError) as caught:
            model.model_validate({"no_such_key": 0})
        by_place = {error["loc"]: error["type"] for error in caught.value.errors()}
        assert by_place["no_such_key",] == "extra_forbidden"

    @BY_MODEL
    def test_refuses_assignment(self, model: type[Model]) -> None:
        unvalidated = model.model_construct()
        for field in model.model_fields:
            with pytest.raises(ValidationError, match="frozen"):
                setattr(unvalidated, field, None)

    @BY_MODEL
    def test_has_a_docstring(self, model: type[Model]) -> None:
        assert model.__doc__
        assert model.__doc__ != Model.__doc__


class TestEveryField:
    @BY_MODEL
    def test_takes_no_near_miss_of_its_type(self, model: type[Model]) -> None:
        faulty = list(misfits(model, complete_document(model)))
        assert {changed.place[0] for changed in faulty} > set(model.model_fields)
        for changed in faulty:
            with pytest.raises(ValidationError) as caught:
                model.model_validate_json(json.dumps(changed.document))
            assert {error["loc"][0] for error in caught.value.errors()} == {changed.place[0]}

    @pytest.mark.parametrize("model", [ExperimentConfig, UserConfig])
    def test_takes_no_misfit_of_yaml_either(self, model: type[Model]) -> None:
        for changed in misfits(model, complete_document(model)):
            with pytest.raises(ValidationError):
                model.model_validate(changed.document)

    @BY_MODEL
    def test_takes_every_value_that_belongs_there(self, model: type[Model]) -> None:
        for changed in variations(model, complete_document(model)):
            model.model_validate_json(json.dumps(changed.document))

    @BY_MODEL
    def test_holds_no_container_that_can_change(self, model: type[Model]) -> None:
        whole = model.model_validate_json(json.dumps(complete_document(model)))
        for value in inside(whole):
            assert isinstance(value, (Model, FrozenDict, tuple, *SCALARS)), value
        assert hash(whole) == hash(model.model_validate_json(whole.model_dump_json()))


class TestInput:
    def test_whole_number_serves_as_a_float(self) -> None:
        config = llem_schema.ExperimentConfig(model="m", min_window_s=3)
        assert type(config.min_window_s) is float

    def test_list_serves_as_a_tuple(self) -> None:
        reading = llem_schema.DeviceReading(
            uuid="host",
            energy_j=1.0,
            method="scripted",
            scope="host",
            mean_power_w=None,
            peak_power_w=None,
            flags=["held"],  # type: ignore[arg-type]
        )
        assert reading.flags == ("held",)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("model", ""),
            ("model", b"text"),
            ("n", 0),
            ("max_output_tokens", 0),
            ("max_input_tokens", 0),
            ("random_seed", -1),
            ("random_seed", 2**32),
            ("precision", "int4"),
            ("output_length", "short"),
            ("dataset", ""),
            ("dataset", {"source": ""}),
            ("dataset", {"source": "builtin", "colunm": "text"}),
            ("min_window_s", -0.1),
            ("decoder", {"temperature": 0}),
            ("decoder", {"top_p": 1.1}),
            ("warmup", {"thermal_floor_seconds": 29.9}),
            ("energy", {"sample_period_s": 0}),
            ("energy", {"sample_period_s": 1.1}),
            ("pytorch", {"batch_size": 0}),
            ("pytorch", {"device": "tpu"}),
        ],
    )
    def test_value_out_of_range_is_refused_at_its_field(self, field: str, value: object) -> None:
        with pytest.raises(ValidationError) as caught:
            llem_schema.ExperimentConfig.model_validate({"model": "m", field: value})
        assert {error["loc"][0] for error in caught.value.errors()} == {field}


class TestText:
    @pytest.mark.parametrize(
        "fields",
        [
            {"revision": HALF},
            {"dataset": HALF},
            {"dataset": {"source": HALF}},
            {"dataset": {"split": HALF}},
            {"pytorch": {"assistant_model": HALF}},
            {"passthrough_kwargs": {HALF: 1}},
            {"extension": {"acme": {"mode": HALF}}},
            {"extension": {HALF: {}}},
        ],
        ids=["text", "dataset", "source", "split", "assistant", "key", "section", "backend"],
    )
    def test_of_half_a_character_is_refused(self, fields: dict[str, Any]) -> None:
        """It could be neither hashed nor saved."""
        with pytest.raises(ValidationError):
            ExperimentConfig.model_validate({"model": "builtin:tiny", **fields})
