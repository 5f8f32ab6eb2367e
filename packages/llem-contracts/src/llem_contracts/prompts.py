"""The boundary `prompts`: texts for the model, with where they came from."""

from dataclasses import dataclass
from typing import Protocol

from llem_schema import DatasetConfig, PromptProvenance

from llem_contracts.backend import Tokenizer
from llem_contracts.descriptor import Boundary, Descriptor
from llem_contracts.problem import Problem


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt, as text and as the model's tokens."""

    text: str
    token_ids: tuple[int, ...]


@dataclass(frozen=True)
class PromptSet:
    """The prompts of one pass."""

    prompts: tuple[Prompt, ...]
    provenance: PromptProvenance


class PromptSource(Protocol):
    """Gives the prompts of a dataset."""

    def problems(self, dataset: DatasetConfig, n: int) -> tuple[Problem, ...]:
        """Why `n` prompts of this dataset cannot be had."""
        ...

    def fetch(self, dataset: DatasetConfig) -> None:
        """Bring the dataset into the local cache; nothing where it is there.

        Raises `LlemError` where it cannot be had.
        """
        ...

    def input_tokens(self, dataset: DatasetConfig) -> int | None:
        """Tokens of every prompt where the dataset fixes them, None where drawing alone tells."""
        ...

    def draw(
        self, dataset: DatasetConfig, n: int, random_seed: int, tokenizer: Tokenizer
    ) -> PromptSet:
        """`n` prompts, the same for the same arguments. Fewer are the first of more, unless they
        are sorted by length.

        Raises `ConfigError` where `problems` would have told of one.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class PromptsDescriptor(Descriptor):
    """Says which datasets a source answers to."""

    names: frozenset[str] = frozenset()
    """Dataset names, such as `builtin`."""
    suffixes: frozenset[str] = frozenset()
    """File endings with the dot, lower case, such as `.jsonl`."""
    pattern: str | None = None
    """Regular expression that matches a whole name, for datasets that cannot be listed. It is tried
    after all names and endings."""
    options: frozenset[str] = frozenset()
    """Keys of `DatasetConfig` beside `source` that the source takes; any other is a problem."""


PROMPTS = Boundary("llem.prompts", "prompt source", PromptsDescriptor)
