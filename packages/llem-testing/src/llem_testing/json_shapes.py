"""The part of a JSON Schema that a value has to fit, and whether it does, as strictly as llem."""

import math
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from llem_schema import json_schema


class Shape:
    """One way for a value to be, in a schema whose references and unions are taken apart."""

    def __init__(self, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> None:
        self.schema = schema
        self._definitions = definitions

    @property
    def kind(self) -> str:
        """`choice`, `any`, `model`, `mapping`, or the JSON type."""
        if "const" in self.schema or "enum" in self.schema:
            return "choice"
        if "properties" in self.schema:
            return "model"
        name: str = self.schema.get("type", "any")
        return "mapping" if name == "object" else name

    @property
    def choices(self) -> list[Any]:
        """The values of a choice."""
        return [self.schema["const"]] if "const" in self.schema else list(self.schema["enum"])

    @property
    def required(self) -> tuple[str, ...]:
        """Keys that a model cannot do without."""
        return tuple(self.schema.get("required", ()))

    def parts(self) -> dict[str, tuple["Shape", ...]]:
        """What a model's keys may hold, in the order of declaration."""
        return {name: self._apart(part) for name, part in self.schema["properties"].items()}

    def entries(self) -> tuple["Shape", ...]:
        """What the items of an array, or the values of a mapping, may be."""
        key = "items" if self.kind == "array" else "additionalProperties"
        inner = self.schema.get(key, True)
        return self._apart({} if inner is True else inner)

    def accepts(self, value: Any) -> bool:
        """Whether a value as JSON or YAML gives it has this shape; 3.0 is no integer here."""
        match self.kind:
            case "choice":
                return any(type(value) is type(c) and value == c for c in self.choices)
            case "null":
                return value is None
            case "boolean":
                return isinstance(value, bool)
            case "integer":
                return (
                    isinstance(value, int) and not isinstance(value, bool) and self._within(value)
                )
            case "number":
                return _is_number(value) and self._within(value)
            case "string":
                return isinstance(value, str) and self._is_text(value)
            case "array":
                return isinstance(value, list) and all(fits(i, self.entries()) for i in value)
            case "mapping":
                return isinstance(value, dict) and all(
                    fits(item, self.entries()) for item in value.values()
                )
            case "model":
                return isinstance(value, dict) and self._is_model(value)
            case _:
                return _is_json(value)

    def _within(self, value: float) -> bool:
        bounds: Mapping[str, float] = self.schema
        return (
            bounds.get("minimum", -math.inf) <= value <= bounds.get("maximum", math.inf)
            and bounds.get("exclusiveMinimum", -math.inf) < value
            and value < bounds.get("exclusiveMaximum", math.inf)
        )

    def _is_text(self, value: str) -> bool:
        if self.schema.get("format") == "date-time":
            return _is_moment(value)
        shortest: int = self.schema.get("minLength", 0)
        return len(value) >= shortest

    def _is_model(self, value: dict[str, Any]) -> bool:
        parts = self.parts()
        return set(self.required) <= set(value) <= set(parts) and all(
            fits(item, parts[name]) for name, item in value.items()
        )

    def _apart(self, schema: Mapping[str, Any]) -> tuple["Shape", ...]:
        if "$ref" in schema:
            return self._apart(self._definitions[schema["$ref"].removeprefix("#/$defs/")])
        if "anyOf" in schema:
            return tuple(shape for branch in schema["anyOf"] for shape in self._apart(branch))
        return (Shape(schema, self._definitions),)


@cache
def shape_of(model: Any) -> Shape:
    """The shape of a model's documents."""
    schema = json_schema(model)
    definitions = schema.get("$defs", {})
    if "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/$defs/")]
    return Shape(schema, definitions)


def fits(value: Any, shapes: tuple[Shape, ...]) -> bool:
    """Whether a value has one of these shapes."""
    return any(shape.accepts(value) for shape in shapes)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_moment(value: str) -> bool:
    try:
        return "T" in value and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_json(value: Any) -> bool:
    match value:
        case None | bool() | int() | str():
            return True
        case float():
            return math.isfinite(value)
        case list():
            return all(_is_json(item) for item in value)
        case dict():
            return all(_is_json(item) for item in value.values())
        case _:
            return False
