"""Containers that stay as they were validated."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, NoReturn, TypeVar, get_args

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler
from pydantic_core import core_schema

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class FrozenDict(dict[K, V]):
    """A dict that refuses every change; equal to a plain dict of the same items."""

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise TypeError("this mapping is frozen: build a new one instead of changing it")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type, tuple[dict[K, V]]]:
        return (type(self), (dict(self),))

    def __copy__(self) -> "FrozenDict[K, V]":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "FrozenDict[K, V]":
        return self

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        key, value = get_args(source) or (Any, Any)
        inner = handler.generate_schema(dict[key, value])  # type: ignore[valid-type]
        return core_schema.no_info_after_validator_function(cls, inner)


def freeze_json(value: Any) -> Any:
    """Copy a JSON value into frozen containers: objects to `FrozenDict`, arrays to tuples.

    Raises `ValueError` for what JSON cannot hold: other types, keys that are not text, text that
    has no UTF-8 form, NaN and infinity.
    """
    match value:
        case None | bool() | int():
            return value
        case str():
            return writable(value)
        case float():
            if not math.isfinite(value):
                raise ValueError(f"{value} has no JSON form; give a finite number")
            return value
        case Mapping():
            for key in value:
                if not isinstance(key, str):
                    raise ValueError(f"the key {key!r} is not text")
            return FrozenDict({writable(key): freeze_json(item) for key, item in value.items()})
        case list() | tuple():
            return tuple(freeze_json(item) for item in value)
        case _:
            raise ValueError(f"{type(value).__name__} has no JSON form")


def writable(text: str) -> str:
    """The text. Raises `ValueError` where it has no UTF-8 form."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"{text!r} cannot be written as UTF-8: it holds half a character"
        ) from None
    return text


def _tuple_from_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


FrozenJson = Annotated[Any, AfterValidator(freeze_json)]
"""Any JSON value, frozen through and through."""

Text = Annotated[str, AfterValidator(writable)]
"""Text that can be saved; pydantic takes some that cannot."""

JsonObject = FrozenDict[Text, FrozenJson]
"""A JSON object, frozen through and through."""

FrozenList = Annotated[tuple[T, ...], BeforeValidator(_tuple_from_list)]
"""A tuple that also validates from a list, as YAML and JSON give it; items stay strict."""
