"""Scalars that pydantic's own types take too freely, even where they are strict."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, ValidationInfo


def _read_moment(value: Any, info: ValidationInfo) -> Any:
    if info.mode == "json" and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a version is a number")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_read_moment)]
"""A point in time that everybody reads alike: with its offset, and not seconds since 1970 ("3")."""

Version1 = Annotated[Literal[1], BeforeValidator(_no_boolean)]
"""The `schema_version` of a document in its first form; True, which equals 1, is none."""
