"""Reading a saved run back, and saying what is wrong with what is none."""

import json
from pathlib import Path

from llem_contracts import StoreError
from llem_schema import DocumentError, ExperimentResult, document_from_json, result_from_json
from pydantic import ValidationError

from llem_store.partial import PARTIAL_NAME, PartialRun
from llem_store.stored import RESULT_NAME, FolderRun

_WHAT_TO_GIVE = (
    "Give the folder of a run, its result.json, or what `llem run --json` printed, in a file."
)


def load_result(path: str | Path) -> FolderRun:
    """A saved run, from its folder, its `result.json`, or the JSON that `llem run --json` printed.

    Raises `StoreError` that says what is wrong with anything else.
    """
    path = Path(path)
    try:
        file = _result_file(path) if path.is_dir() else path
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise StoreError(f"there is nothing at {path}", cure=_WHAT_TO_GIVE) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(f"{path} cannot be read: {reason}", cure=_WHAT_TO_GIVE) from error
    if file.name == PARTIAL_NAME:
        raise _partial(file)
    result = result_in(content, str(file))
    return FolderRun(_folder(file, json.loads(content).get("result_dir")), result)


def result_in(content: bytes, name: str) -> ExperimentResult:
    """The result in a file's content; `name` is what the `StoreError` calls the file."""
    try:
        return result_from_json(content)
    except DocumentError as error:
        raise StoreError(f"{name}: {error.message}", cure=error.cure or _WHAT_TO_GIVE) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        more = f", and {error.error_count() - 1} more" if error.error_count() > 1 else ""
        raise StoreError(
            f"{name} is no result of schema version 1: {place}: {first['msg']}{more}",
            cure="Take the file as llem wrote it, or run the experiment again.",
        ) from error
    except RecursionError as error:
        raise StoreError(
            f"{name} is no result: it is nested too deeply", cure=_WHAT_TO_GIVE
        ) from error


def partial_in(content: bytes, name: str) -> PartialRun:
    """What is left of a run, from the content of its `partial.json`; else a `StoreError`."""
    try:
        return document_from_json(content, PartialRun, "partial run")
    except DocumentError as error:
        raise StoreError(
            f"{name}: {error.message}", cure=error.cure or "Run the experiment again."
        ) from error
    except (ValidationError, RecursionError) as error:
        raise StoreError(
            f"{name} is no account of a partial run", cure="Run the experiment again."
        ) from error


def _folder(file: Path, stated: object) -> Path:
    """Where the tables are. A relative `result_dir` is looked for from the file, then from here."""
    if not isinstance(stated, str):
        return file.parent
    beside = file.parent / stated
    return beside if beside.is_dir() else Path(stated)


def _result_file(folder: Path) -> Path:
    result = folder / RESULT_NAME
    if result.exists():
        return result
    if (folder / PARTIAL_NAME).exists():
        raise _partial(folder / PARTIAL_NAME)
    streams = sorted(stream.name for stream in folder.glob("*.arrows"))
    if streams:
        raise StoreError(
            f"{folder} has no result: the run was killed, or is still going on",
            cure=f"What it measured until then is in {' and '.join(streams)}, as Arrow IPC "
            "streams; run it again for a result.",
        )
    runs = sorted(found.parent.name for found in folder.glob(f"*/{RESULT_NAME}"))
    if runs:
        few = ", ".join(runs[:3]) + (" ..." if len(runs) > 3 else "")
        raise StoreError(
            f"{folder} is no run: it holds {len(runs)} of them", cure=f"Name one of them: {few}."
        )
    raise StoreError(f"{folder} holds no {RESULT_NAME}", cure=_WHAT_TO_GIVE)


def _partial(file: Path) -> StoreError:
    try:
        left = partial_in(file.read_bytes(), str(file))
    except StoreError as error:
        return error
    except OSError:
        return StoreError(
            f"{file.parent} is a partial run, and its {PARTIAL_NAME} cannot be read",
            cure="Run the experiment again.",
        )
    kept = [name for name in (left.timeseries, left.requests_file) if name is not None]
    return StoreError(
        f"{file.parent} is a partial run without a result: {left.reason}",
        cure=f"Run the experiment again; what was measured is in {' and '.join(kept)}.",
    )
