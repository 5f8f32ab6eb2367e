"""Reading documents back, by the version that they state."""

import json
from typing import Any

from llem_schema.result import SCHEMA_VERSION, ExperimentResult


class DocumentError(ValueError):
    """A text that is not the document it should be."""


def result_from_json(text: str | bytes) -> ExperimentResult:
    """Read an `ExperimentResult`, also in the form that `llem run --json` prints.

    Raises `DocumentError` for text that is no JSON object, has no version, or has a version newer
    than this package knows; pydantic's `ValidationError` for a document of a known version that
    does not fit it.
    """
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"this is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise DocumentError("this is not a result: it holds no JSON object")
    version = document.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise DocumentError("this is not a result: it states no schema_version")
    if version > SCHEMA_VERSION:
        raise DocumentError(
            f"this result has schema version {version}, newer than {SCHEMA_VERSION}, the newest "
            "that this llem-schema reads: upgrade llem-schema"
        )
    if "result_dir" in document:
        del document["result_dir"]
        text = json.dumps(document)
    return ExperimentResult.model_validate_json(text)
