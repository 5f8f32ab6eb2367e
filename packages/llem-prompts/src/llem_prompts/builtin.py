"""The source `builtin`: prompts that come with llem and need no network."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, Literal

from llem_contracts import Problem, PromptSet, PromptSource, Tokenizer
from llem_schema import DatasetConfig, RunSettings

from llem_prompts.descriptors import BUILTIN
from llem_prompts.options import refuse_other_options
from llem_prompts.texts import DatasetError, Texts, texts_sha256

LengthClass = Literal["short", "medium", "long", "extra_long"]
"""About 8-20, 30-70, 120-220 and 350-600 tokens of a GPT-2 tokenizer."""

BUILTIN_REVISION: Final = "1"
"""Changes whenever a text or its place does: figures compare within a revision only."""

_SHA256: Final = "5fcec9c61d3f67a2171cdbff825feab55939e6fab4687bbf227b8a7569934155"
"""`texts_sha256` of this revision's texts."""


@dataclass(frozen=True, slots=True)
class BuiltinPrompt:
    """One prompt of the built-in set."""

    id: str
    length_class: LengthClass
    text: str


def builtin_set(data: Traversable | None = None) -> tuple[BuiltinPrompt, ...]:
    """The whole set in its order: the four length classes take turns, so that every start of it
    holds a mix of them.

    `data` is another file than the one that is installed. Raises `DatasetError` for a file that
    is not this revision's.
    """
    return _read(data) if data is not None else _installed()


class BuiltinPrompts:
    """The first `n` prompts of the set in its own order, unless `order` says otherwise.

    Beyond its end the set begins again, and the provenance says `repeated`.
    """

    def __init__(self, data: Traversable | None = None) -> None:
        self._data = data

    def problems(self, dataset: DatasetConfig, n: int) -> tuple[Problem, ...]:
        """Another dataset's name, a key that does not apply, or texts that were changed."""
        try:
            self._texts(dataset)
        except DatasetError as error:
            return (error.problem,)
        return ()

    def fetch(self, dataset: DatasetConfig) -> None:
        """Nothing: the set is installed with the package."""

    def draw(
        self, dataset: DatasetConfig, n: int, random_seed: int, tokenizer: Tokenizer
    ) -> PromptSet:
        """`n` prompts in the set's order, or in that of `dataset.order`.

        Raises `DatasetError`, a `ConfigError`, for what `problems` tells of, and for a prompt that
        this tokenizer turns into nothing.
        """
        return self._texts(dataset).drawn(n, dataset.order, random_seed, tokenizer)

    def input_tokens(self, dataset: DatasetConfig) -> int | None:
        """None: every text has a length of its own."""
        return None

    def _texts(self, dataset: DatasetConfig) -> Texts:
        if dataset.source != "builtin":
            raise DatasetError(
                "dataset_not_found",
                f"there is no built-in dataset {dataset.source!r}",
                cure="Use `dataset: builtin`, `dataset: synthetic`, or the path of a file.",
            )
        refuse_other_options(dataset, BUILTIN.options, "the built-in prompts")
        return Texts(
            texts=[prompt.text for prompt in builtin_set(self._data)],
            source="builtin",
            name="builtin",
            revision=BUILTIN_REVISION,
        )


def builtin_prompts(_settings: RunSettings) -> PromptSource:
    """The factory behind the entry point; nothing in the settings bears on it."""
    return BuiltinPrompts()


@cache
def _installed() -> tuple[BuiltinPrompt, ...]:
    return _read(files("llem_prompts").joinpath("data", "builtin.jsonl"))


def _read(data: Traversable) -> tuple[BuiltinPrompt, ...]:
    try:
        rows = [json.loads(line) for line in data.read_bytes().splitlines()]
        prompts = tuple(BuiltinPrompt(row["id"], row["class"], row["text"]) for row in rows)
        intact = texts_sha256([prompt.text for prompt in prompts]) == _SHA256
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _altered(f"{type(error).__name__}: {error}") from error
    if not intact:
        raise _altered("their hash is another one")
    return prompts


def _altered(how: str) -> DatasetError:
    return DatasetError(
        "builtin_prompts_altered",
        f"the built-in prompts are not those of revision {BUILTIN_REVISION}: {how}",
        cure="Reinstall llem-prompts; prompts of your own go into a .jsonl file.",
    )
