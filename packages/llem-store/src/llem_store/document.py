"""Writing a document of llem-schema as JSON."""

from pathlib import Path

from llem_contracts import StoreError
from llem_schema import Model

from llem_store.atomic import replacing


def write_document(file: Path, document: Model) -> None:
    """Whole or not at all. Raises `OSError`, and `StoreError` for text that has no JSON form."""
    try:
        text = document.model_dump_json(indent=2)
    except ValueError as error:  # text that is no UTF-8, such as a lone surrogate
        raise StoreError(
            f"the {file.name} of {file.parent} cannot be written as JSON: {error}",
            cure="Remove the characters that are no valid text from the configuration.",
        ) from error
    with replacing(file) as opened:
        opened.write(text.encode() + b"\n")
