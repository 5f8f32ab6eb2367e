"""JSONL files: one JSON value per line, an object with a prompt or a plain string."""

import json
from typing import Any

from llem_prompts.columns import prompt_column
from llem_prompts.rows import Rows
from llem_prompts.texts import DatasetError


def prompts_of_jsonl(content: str, path: str, column: str | None) -> Rows:
    """The prompts of a JSONL file; lines of white space are skipped.

    Lines end at a line feed alone: other separators may stand inside a JSON string. Raises
    `DatasetError`, with the line, for a line that is no JSON, has no prompt, or an empty one.
    """
    found = [
        _prompt(line, path, number, column)
        for number, line in enumerate(content.split("\n"), start=1)
        if line.strip()
    ]
    keys = {key for _, key in found}
    return Rows([text for text, _ in found], keys.pop() if len(keys) == 1 else None)


def _prompt(line: str, path: str, number: int, column: str | None) -> tuple[str, str | None]:
    value, key = _value(_parsed(line, path, number), path, number, column)
    where = f"the value of {key!r}" if key else "the line"
    if not isinstance(value, str):
        raise DatasetError(
            "prompt_not_text",
            f"{where} is {_json_type(value)}, not a string",
            cure="Put the prompt there as a JSON string.",
            file=path,
            line=number,
        )
    if not value.strip():
        raise DatasetError(
            "prompt_empty",
            f"{where} is an empty prompt",
            cure="Write the prompt, or take the line out.",
            file=path,
            line=number,
        )
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise DatasetError(
            "prompt_not_text",
            f"{where} holds half of a surrogate pair, which is no character",
            cure="Write the character itself, or both halves of its \\u escape.",
            file=path,
            line=number,
        )
    return value, key


def _parsed(line: str, path: str, number: int) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise _broken(error.msg, path, number, error.colno) from error
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond Python's limits
        raise _broken(str(error), path, number, None) from error


def _broken(why: str, path: str, number: int, column: int | None) -> DatasetError:
    return DatasetError(
        "dataset_line_broken",
        f"the line is not JSON: {why}",
        cure='Write one JSON object per line, such as {"prompt": "Why is the sky blue?"}.',
        file=path,
        line=number,
        column=column,
    )


def _value(parsed: Any, path: str, number: int, column: str | None) -> tuple[Any, str | None]:
    if not isinstance(parsed, dict):
        if column is None:
            return parsed, None
        raise DatasetError(
            "dataset_column_missing",
            f"the line is {_json_type(parsed)} and has no key {column!r}",
            cure="Leave `column` out, or make the line a JSON object with that key.",
            file=path,
            line=number,
        )
    key = prompt_column(
        tuple(parsed), column, what="the object", noun="key", file=path, line=number
    )
    return parsed[key], key


def _json_type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"
