"""What goes through the pipes between a run and its replica processes: JSON, one line each.

A process is told `{"do": NAME, ...}` and says `{"progress": N}` any number of times, then either
`{"done": VALUE}` or `{"error": {...}}`. Data alone: nothing that is read here can be run.
"""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from llem_contracts import (
    BackendError,
    GeneratedRequest,
    GenerationRequest,
    LlemError,
    NotSupported,
    OutOfMemory,
)

from llem_backend_pytorch.problems import first_line

Message = dict[str, Any]

_ANSWER_FIELDS = tuple(field.name for field in fields(GeneratedRequest))
_SIZES = ("batch_size", "likely_batch_size")


def line_of(message: Message) -> bytes:
    """One message as a line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def generate_order(
    requests: Sequence[GenerationRequest], output_tokens: int | None, step_times: bool
) -> Message:
    """What a process is told to generate; see `LoadedModel.generate`."""
    return {
        "do": "generate",
        "requests": requests_as_data(requests),
        "output_tokens": output_tokens,
        "step_times": step_times,
    }


def requests_as_data(requests: Sequence[GenerationRequest]) -> list[Any]:
    """Index and tokens of each request."""
    return [[request.index, request.token_ids] for request in requests]


def requests_of_data(data: Sequence[Any]) -> list[GenerationRequest]:
    """Inverse of `requests_as_data`."""
    return [GenerationRequest(index, tuple(token_ids)) for index, token_ids in data]


def answers_as_data(answers: Sequence[GeneratedRequest]) -> list[Any]:
    """The fields of each answer, in their order."""
    return [[getattr(answer, name) for name in _ANSWER_FIELDS] for answer in answers]


def answers_of_data(data: Sequence[Any]) -> list[GeneratedRequest]:
    """Inverse of `answers_as_data`."""
    return [GeneratedRequest(**_named(answer)) for answer in data]


def error_as_data(error: Exception) -> Message:
    """An error as it goes to the run; one that nobody meant to raise comes as a `BackendError`."""
    if isinstance(error, LlemError):
        sizes = {}
        if isinstance(error, OutOfMemory):
            sizes = {name: getattr(error, name) for name in _SIZES}
        return {"kind": type(error).__name__, "message": str(error), "cure": error.cure, **sizes}
    return {
        "kind": BackendError.__name__,
        "message": f"{type(error).__name__}: {first_line(error)}",
        "cure": "Run with pytorch.num_processes: 1 to see where it happens.",
    }


def error_of_data(data: Message, where: str) -> LlemError:
    """The error, with the place where it happened."""
    message, cure = f"{where}: {data['message']}", data["cure"]
    match data["kind"]:
        case OutOfMemory.__name__:
            return OutOfMemory(message, cure=cure, **{name: data[name] for name in _SIZES})
        case NotSupported.__name__:
            return NotSupported(message, cure=cure)
        case _:
            return BackendError(message, cure=cure)


def _named(answer: Sequence[Any]) -> dict[str, Any]:
    given = zip(_ANSWER_FIELDS, answer, strict=True)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given}
