"""JSON Schemas of the documents, for editors and for tests."""

import ast
import inspect
import textwrap
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema


def json_schema(document: Any) -> dict[str, Any]:
    """JSON Schema (2020-12) of a model, or of a union of models, as it is read.

    A model is described by its docstring, a field by the string below it. What JSON Schema cannot
    say stays with the model: 3.0 is an integer to JSON Schema and none to llem.
    """
    schema = TypeAdapter(document).json_schema(schema_generator=_Describing)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


class _Describing(GenerateJsonSchema):
    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        described = super().model_schema(schema)
        for name, text in _field_docstrings(schema["cls"]).items():
            if name in described.get("properties", {}):
                described["properties"][name]["description"] = text
        return described


def _field_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The string below each field, by field name; none where the source is not at hand."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if issubclass(cls, BaseModel) and cls is not BaseModel:
            found |= _docstrings_in(cls)
    return found


def _docstrings_in(cls: type) -> dict[str, str]:
    try:
        source = inspect.getsource(cls)
    except (OSError, TypeError):
        return {}
    definition = ast.parse(textwrap.dedent(source)).body[0]
    assert isinstance(definition, ast.ClassDef)
    found: dict[str, str] = {}
    for field, below in zip(definition.body, definition.body[1:], strict=False):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = " ".join(inspect.cleandoc(text).split())
    return found
