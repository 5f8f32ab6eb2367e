"""Pairs of numbers in a scenario, which JSON writes as lists."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field

A = TypeVar("A")
B = TypeVar("B")


def _tuple_from_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


Pair = Annotated[tuple[A, B], BeforeValidator(_tuple_from_list)]
"""Two values; a list of two validates too."""

Seconds = Annotated[float, Field(ge=0)]
"""Since the scenario's start, or since the beginning of a phase."""

Span = Pair[Seconds, Seconds]
"""First instant inside, first instant outside."""


def must_be_in_order(spans_s: Sequence[tuple[float, float]]) -> None:
    """Raise `ValueError` for spans that overlap, run backwards or come out of order."""
    edges = [edge for span in spans_s for edge in span]
    if edges != sorted(edges):
        raise ValueError("spans_s must be in order of time and must not overlap")
