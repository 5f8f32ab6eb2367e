"""Every model refuses what is not exactly right (CFG-01, RES-01)."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import llem_schema
import pytest
from llem_schema import Model
from pydantic import ValidationError


def every_model() -> list[type[Model]]:
    for module in pkgutil.iter_modules(llem_schema.__path__, "llem_schema."):
        importlib.import_module(module.name)

    def subclasses(model: type[Model]) -> Iterator[type[Model]]:
        for child in model.__subclasses__():
            yield child
            yield from subclasses(child)

    found = {m for m in subclasses(Model) if m.__module__.startswith("llem_schema.")}
    return sorted(found, key=lambda model: model.__name__)


def members(annotation: Any) -> Iterator[Any]:
    """The types that a value of the field may have, unions and annotations taken apart."""
    if get_origin(annotation) in (Union, UnionType):
        for argument in get_args(annotation):
            yield from members(argument)
    elif get_origin(annotation) is Annotated:
        yield from members(get_args(annotation)[0])
    else:
        yield annotation


def every_part(annotation: Any) -> Iterator[Any]:
    """A type and everything inside it, down to the last argument."""
    yield get_origin(annotation) or annotation
    if get_origin(annotation) is not Literal:
        for argument in get_args(annotation):
            yield from every_part(argument)


def error_types(model: type[Model], field: str, value: object) -> set[str]:
    """Types of the errors at that field, when it alone is given."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate({field: value, "no_such_key": 0})
    return {error["type"] for error in caught.value.errors() if error["loc"][0] == field}


MODELS = every_model()
FIELDS = [(model, field) for model in MODELS for field in model.model_fields]
BY_FIELD = pytest.mark.parametrize(
    ("model", "field"), FIELDS, ids=[f"{model.__name__}.{field}" for model, field in FIELDS]
)
BY_MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)

MISFITS: dict[type, tuple[object, ...]] = {
    int: ("3", 3.0, True),
    float: ("3", True),
    bool: ("true", 1),
    str: (3, True, b"text"),
}


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
        assert error_types(model, "no_such_key", 0) == {"extra_forbidden"}

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
    @BY_FIELD
    def test_takes_no_near_miss_of_its_type(self, model: type[Model], field: str) -> None:
        types = set(members(model.model_fields[field].annotation)) & set(MISFITS)
        misfits = [value for kind in types for value in MISFITS[kind]]
        for value in misfits:
            if type(value) in types or (float in types and type(value) is int):
                continue
            assert error_types(model, field, value), f"{value!r} was accepted"

    @BY_FIELD
    def test_holds_no_container_that_can_change(self, model: type[Model], field: str) -> None:
        parts = set(every_part(model.model_fields[field].annotation))
        assert not parts & {dict, list, set, bytearray}

    @BY_FIELD
    def test_refuses_nan_and_infinity(self, model: type[Model], field: str) -> None:
        if float in set(members(model.model_fields[field].annotation)):
            for value in (float("nan"), float("inf"), float("-inf")):
                assert error_types(model, field, value)


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
