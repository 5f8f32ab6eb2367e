"""Reading documents back, by the version that they state (RES-05)."""

import json
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from llem_schema.model import Model
from llem_schema.order import WorkOrder
from llem_schema.result import ExperimentResult

M = TypeVar("M", bound=Model)


class DocumentError(ValueError):
    """A text that is not the document it should be."""

    def __init__(self, message: str, *, cure: str | None = None) -> None:
        super().__init__(message if cure is None else f"{message}. {cure}")
        self.message = message
        self.cure = cure
        """What to do about it; None where that depends on where the text came from."""


def result_from_json(text: str | bytes) -> ExperimentResult:
    """Read an `ExperimentResult`, also in the form that `llem run --json` prints.

    Raises as `document_from_json` does.
    """
    try:
        return ExperimentResult.model_validate_json(text)
    except ValidationError:
        document = _of_known_version(text, ExperimentResult, "result")
        if "result_dir" not in document:
            raise
    del document["result_dir"]
    return ExperimentResult.model_validate_json(json.dumps(document))


def order_from_json(text: str | bytes) -> WorkOrder:
    """Read a `WorkOrder`. Raises as `document_from_json` does."""
    return document_from_json(text, WorkOrder, "work order")


def document_from_json(text: str | bytes, model: type[M], noun: str) -> M:
    """Read a document whose model has a `schema_version`; `noun` is what a sentence calls it.

    Raises `DocumentError` for text that is no JSON object, states no version, or states one newer
    than this package knows; pydantic's `ValidationError` for a document of a known version that
    does not fit it. A document that fits is parsed once; only what is wrong with another one is
    looked for.
    """
    try:
        found = model.model_validate_json(text)
    except ValidationError:
        _of_known_version(text, model, noun)
        raise
    if "schema_version" not in found.model_fields_set:
        _of_known_version(text, model, noun)
    return found


def _of_known_version(text: str | bytes, model: type[Model], noun: str) -> dict[str, Any]:
    """The document as it was parsed. Raises `DocumentError` for all that needs no validation."""
    document = _object(text, noun)
    version = document.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise DocumentError(f"this is not a {noun}: it states no schema_version")
    newest = max(get_args(model.model_fields["schema_version"].annotation))
    if version > newest:
        raise DocumentError(
            f"this {noun} has schema version {version}, and the newest that this llem reads is "
            f"{newest}",
            cure="Upgrade the llem packages.",
        )
    return document


def _object(text: str | bytes, noun: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"this is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise DocumentError(f"this is not a {noun}: it holds no JSON object")
    return document
