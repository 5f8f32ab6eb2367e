"""Reading a saved run back, and saying what is wrong with what is none."""

import json
from pathlib import Path

from llem_contracts import StoreError
from llem_schema import DocumentError, ExperimentResult, result_from_json
from pydantic import ValidationError

from llem_store.layout import PARTIAL_NAME, RESULT_NAME
from llem_store.partial import read_partial
from llem_store.stored import FolderRun
from llem_store.unfinished import load_partial

_WHAT_TO_GIVE = (
    "Give the folder of a run, its result.json, or what `llem run --json` printed, in a file."
)

_WHAT_IT_MEASURED = (
    "Run the experiment again for a result; `load_partial` gives what was measured until then."
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
    try:
        unfinished = load_partial(folder)
    except StoreError:
        pass
    else:
        raise StoreError(f"{folder} has no result: {unfinished.reason}", cure=_WHAT_IT_MEASURED)
    runs = sorted(found.parent.name for found in folder.glob(f"*/{RESULT_NAME}"))
    if runs:
        few = ", ".join(runs[:3]) + (" ..." if len(runs) > 3 else "")
        raise StoreError(
            f"{folder} is no run: it holds {len(runs)} of them", cure=f"Name one of them: {few}."
        )
    raise StoreError(f"{folder} holds no {RESULT_NAME}", cure=_WHAT_TO_GIVE)


def _partial(file: Path) -> StoreError:
    try:
        left = read_partial(file)
    except StoreError as error:
        return error
    return StoreError(
        f"{file.parent} is a partial run without a result: {left.reason}",
        cure=_WHAT_IT_MEASURED,
    )
