"""How far a run has come: `state.json` in its folder."""

from pathlib import Path

from llem_schema import DocumentError, RunState, document_from_json
from pydantic import ValidationError

from llem_store.document import write_document
from llem_store.layout import STATE_NAME


def write_state(folder: Path, state: RunState) -> None:
    """Take the place of the state before. Raises `OSError`, and `StoreError` for broken text."""
    write_document(folder / STATE_NAME, state)


def read_state(folder: Path) -> RunState | None:
    """The state that a folder holds; None for none, and for one that cannot be made out."""
    try:
        return document_from_json((folder / STATE_NAME).read_bytes(), RunState, "run state")
    except (OSError, DocumentError, ValidationError, RecursionError):
        return None
