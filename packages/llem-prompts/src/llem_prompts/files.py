"""The source `files`: prompts from a JSONL file or a text file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from llem_contracts import Problem, PromptSet, PromptSource, Tokenizer
from llem_schema import DatasetConfig, RunSettings

from llem_prompts.jsonl import prompts_of_jsonl
from llem_prompts.plain_text import prompts_of_text
from llem_prompts.texts import DatasetError, DrawnTexts

_READERS: Final[Mapping[str, Callable[[str, str, str | None], list[str]]]] = {
    ".jsonl": prompts_of_jsonl,
    ".txt": prompts_of_text,
}
"""By file ending: content, path as given, column; returns the prompts in file order."""


class FilePrompts:
    """The first `n` prompts of a file, in file order.

    The whole file is read and every line checked, also those beyond `n`: `available` is a count
    of prompts, not of lines. Relative paths start at the current folder.
    """

    def problems(self, dataset: DatasetConfig, n: int) -> tuple[Problem, ...]:
        """The first thing that is wrong with the file, or with `n` for it."""
        try:
            _drawn(dataset, n)
        except DatasetError as error:
            return (error.problem,)
        return ()

    def fetch(self, dataset: DatasetConfig) -> None:
        """Nothing: a local file is where it is. Whether it can be read is for `problems`."""

    def draw(
        self, dataset: DatasetConfig, n: int, random_seed: int, tokenizer: Tokenizer
    ) -> PromptSet:
        """The first `n` prompts, whatever the seed.

        Raises `DatasetError`, a `ConfigError`, for what `problems` tells of, and for a prompt that
        this tokenizer turns into nothing.
        """
        return _drawn(dataset, n).encoded(tokenizer)


def file_prompts(_settings: RunSettings) -> PromptSource:
    """The factory behind the entry point; nothing in the settings bears on it."""
    return FilePrompts()


def _drawn(dataset: DatasetConfig, n: int) -> DrawnTexts:
    path = Path(dataset.source)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise DatasetError(
            "dataset_format_unknown",
            f"the dataset {dataset.source} has none of the known endings",
            cure=f"Name a file that ends in {' or '.join(_READERS)}.",
        )
    texts = reader(_content(path, dataset.source), dataset.source, dataset.column)
    if not texts:
        raise DatasetError(
            "dataset_empty",
            f"{dataset.source} holds no prompt",
            cure="Write at least one prompt into it, one per line.",
        )
    if n > len(texts):
        raise DatasetError(
            "dataset_too_small",
            f"{dataset.source} holds {len(texts)} prompts, and n is {n}",
            cure=f"Set n to {len(texts)} or less, or add prompts to the file.",
        )
    return DrawnTexts(
        texts=tuple(texts[:n]),
        source="files",
        name=dataset.source,
        revision=None,
        available=len(texts),
        repeated=False,
    )


def _content(path: Path, name: str) -> str:
    try:
        if not path.exists():
            raise DatasetError(
                "dataset_not_found",
                f"there is no file {name}",
                cure="Check the path; a relative one starts at the current folder.",
            )
        if not path.is_file():
            raise DatasetError(
                "dataset_not_readable",
                f"{name} is not a file",
                cure="Name a .jsonl or .txt file, not a folder.",
            )
        raw = path.read_bytes()
    except OSError as error:
        raise DatasetError(
            "dataset_not_readable",
            f"{name} cannot be read: {error.strerror or error}",
            cure="Make the file readable for this user, or name another.",
        ) from error
    try:
        return raw.decode("utf-8-sig")  # editors on Windows put a mark before the first line
    except UnicodeDecodeError as error:
        raise DatasetError(
            "dataset_not_utf8",
            f"the text is not UTF-8 (byte 0x{raw[error.start]:02x})",
            cure="Save the file as UTF-8.",
            file=name,
            line=raw.count(b"\n", 0, error.start) + 1,
        ) from error
