"""From texts to a set of prompts, the same way for every source."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from llem_contracts import ConfigError, Problem, Prompt, PromptSet, Tokenizer
from llem_schema import PromptProvenance

from llem_prompts.row_order import rows_taken


class DatasetError(ConfigError):
    """A dataset that cannot give its prompts; carries the problem that pre-flight reports."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        cure: str,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message, cure=cure, file=file, line=line, column=column)
        self.problem = Problem(code=code, message=str(self), cure=cure)


@dataclass(frozen=True)
class Texts:
    """All texts of a dataset, in its own order."""

    texts: Sequence[str]
    source: str
    name: str
    revision: str | None = None
    repository: str | None = None
    split: str | None = None
    column: str | None = None

    def drawn(self, n: int, order: str | None, random_seed: int, tokenizer: Tokenizer) -> PromptSet:
        """`n` of the texts with their tokens and their provenance, as `rows_taken` says, gone
        through again where there are not as many; `longest_first` sorts them by their tokens.

        Raises `DatasetError` for a text that the tokenizer turns into nothing.
        """
        rows = rows_taken(range(len(self.texts)), n, order, random_seed)
        prompts = [self._encoded(row, tokenizer) for row in islice(cycle(rows), n)]
        if order == "longest_first":
            prompts.sort(key=lambda prompt: -len(prompt.token_ids))
        return PromptSet(
            prompts=tuple(prompts),
            provenance=PromptProvenance(
                source=self.source,
                name=self.name,
                revision=self.revision,
                sha256=texts_sha256([prompt.text for prompt in prompts]),
                available=len(self.texts),
                repeated=n > len(self.texts),
                repository=self.repository,
                split=self.split,
                column=self.column,
            ),
        )

    def _encoded(self, row: int, tokenizer: Tokenizer) -> Prompt:
        text = self.texts[row]
        token_ids = tuple(tokenizer.encode(text))
        if not token_ids:
            raise DatasetError(
                "prompt_without_tokens",
                f"prompt {row + 1} of {self.name} has no tokens for this model's tokenizer: "
                f"{text[:40]!r}",
                cure="Take the prompt out of the dataset, or check the model's tokenizer.",
            )
        return Prompt(text=text, token_ids=token_ids)


def need_rows(available: int, n: int, name: str) -> None:
    """Raise `DatasetError` where a dataset has fewer than `n` prompts, or none."""
    if not available:
        raise DatasetError(
            "dataset_empty",
            f"{name} holds no prompt",
            cure="Put at least one prompt into it, or name another dataset.",
        )
    if n > available:
        raise DatasetError(
            "dataset_too_small",
            f"{name} holds {available} prompts, and n is {n}",
            cure=f"Set n to {available} or less, or name a larger dataset.",
        )


def texts_sha256(texts: Sequence[str]) -> str:
    """SHA-256 in hex over the texts in order, in UTF-8, each followed by a line feed."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8"))
        digest.update(b"\n")
    return digest.hexdigest()
