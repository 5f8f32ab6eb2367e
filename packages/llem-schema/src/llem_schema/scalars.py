"""Scalars that pydantic's own types take too freely, even where they are strict."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, ValidationInfo


def _read_moment(value: Any, info: ValidationInfo) -> Any:
    if info.mode == "json" and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value


def _whole_number(value: Any) -> Any:
    if type(value) is not int:
        raise ValueError("a version is a whole number")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_read_moment)]
"""A point in time that everybody reads alike: with its offset, and not seconds since 1970 ("3")."""

Version1 = Annotated[Literal[1], BeforeValidator(_whole_number)]
"""The `schema_version` of a document in its first form; True and 1.0, which equal 1, are none."""
