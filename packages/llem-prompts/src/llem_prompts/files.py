"""The source `files`: prompts from a JSONL, CSV, Parquet or text file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from llem_contracts import Problem, PromptSet, PromptSource, Tokenizer
from llem_schema import DatasetConfig, RunSettings

from llem_prompts.csv_file import prompts_of_csv
from llem_prompts.descriptors import FILES
from llem_prompts.extra import IsInstalled, is_installed, need
from llem_prompts.jsonl import prompts_of_jsonl
from llem_prompts.options import refuse_other_options
from llem_prompts.parquet import prompts_of_parquet
from llem_prompts.plain_text import prompts_of_text
from llem_prompts.rows import Rows
from llem_prompts.texts import DatasetError, Texts, need_rows

_WITH_COLUMNS: Final[Mapping[str, Callable[[str, str, str | None], Rows]]] = {
    ".jsonl": prompts_of_jsonl,
    ".csv": prompts_of_csv,
}
"""By file ending: content, path as given, column."""


class FilePrompts:
    """The first `n` prompts of a file, or others of it by `order`.

    The whole file is read and every row checked, also those beyond `n`: `available` is a count of
    prompts, not of lines. Relative paths start at the current folder.
    """

    def __init__(self, installed: IsInstalled = is_installed) -> None:
        """`installed`: whether a module is there that the base install does without."""
        self._installed = installed

    def problems(self, dataset: DatasetConfig, n: int) -> tuple[Problem, ...]:
        """The first thing that is wrong with the file, or with `n` for it."""
        try:
            self._texts(dataset, n)
        except DatasetError as error:
            return (error.problem,)
        return ()

    def fetch(self, dataset: DatasetConfig) -> None:
        """Nothing: a local file is where it is. Whether it can be read is for `problems`."""

    def input_tokens(self, dataset: DatasetConfig) -> int | None:
        """None: every prompt has a length of its own."""
        return None

    def draw(
        self, dataset: DatasetConfig, n: int, random_seed: int, tokenizer: Tokenizer
    ) -> PromptSet:
        """`n` prompts of the file.

        Raises `DatasetError`, a `ConfigError`, for what `problems` tells of, and for a prompt that
        this tokenizer turns into nothing.
        """
        return self._texts(dataset, n).drawn(n, dataset.order, random_seed, tokenizer)

    def _texts(self, dataset: DatasetConfig, n: int) -> Texts:
        path, name = Path(dataset.source), dataset.source
        suffix = path.suffix.lower()
        if suffix not in FILES.suffixes:
            raise DatasetError(
                "dataset_format_unknown",
                f"the dataset {name} has none of the known endings",
                cure=f"Name a file that ends in {', '.join(sorted(FILES.suffixes))}.",
            )
        is_text = suffix == ".txt"
        taken = FILES.options - {"column"} if is_text else FILES.options
        refuse_other_options(dataset, taken, "a text file" if is_text else "a local file")
        rows = self._rows(path, dataset)
        texts = Texts(texts=rows.texts, source="files", name=name, column=rows.column)
        need_rows(len(rows.texts), n, name)
        return texts

    def _rows(self, path: Path, dataset: DatasetConfig) -> Rows:
        name = dataset.source
        _need_file(path, name)
        match path.suffix.lower():
            case ".parquet":
                need("pyarrow", f"the Parquet file {name}", self._installed)
                return prompts_of_parquet(path, name, dataset.column)
            case ".txt":
                return prompts_of_text(_content(path, name))
            case suffix:
                return _WITH_COLUMNS[suffix](_content(path, name), name, dataset.column)


def file_prompts(_settings: RunSettings) -> PromptSource:
    """The factory behind the entry point; nothing in the settings bears on it."""
    return FilePrompts()


def _need_file(path: Path, name: str) -> None:
    try:
        there, is_file = path.exists(), path.is_file()
    except OSError as error:
        raise _unreadable(name, error) from error
    if not there:
        raise DatasetError(
            "dataset_not_found",
            f"there is no file {name}",
            cure="Check the path; a relative one starts at the current folder.",
        )
    if not is_file:
        raise DatasetError(
            "dataset_not_readable", f"{name} is not a file", cure="Name a file, not a folder."
        )


def _content(path: Path, name: str) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _unreadable(name, error) from error
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


def _unreadable(name: str, error: OSError) -> DatasetError:
    return DatasetError(
        "dataset_not_readable",
        f"{name} cannot be read: {error.strerror or error}",
        cure="Make the file readable for this user, or name another.",
    )
