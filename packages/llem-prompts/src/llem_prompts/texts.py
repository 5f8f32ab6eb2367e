"""From texts to a set of prompts, the same way for every source."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from llem_contracts import ConfigError, Problem, Prompt, PromptSet, Tokenizer
from llem_schema import PromptProvenance


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
class DrawnTexts:
    """The texts of one pass, in order, before they are tokenised."""

    texts: tuple[str, ...]
    source: str
    name: str
    revision: str | None
    available: int
    repeated: bool

    def encoded(self, tokenizer: Tokenizer) -> PromptSet:
        """The prompts with their tokens and their provenance.

        Raises `DatasetError` for a text that the tokenizer turns into nothing.
        """
        return PromptSet(
            prompts=tuple(
                _encode(text, position, self.name, tokenizer)
                for position, text in enumerate(self.texts, start=1)
            ),
            provenance=PromptProvenance(
                source=self.source,
                name=self.name,
                revision=self.revision,
                sha256=texts_sha256(self.texts),
                available=self.available,
                repeated=self.repeated,
            ),
        )


def texts_sha256(texts: Sequence[str]) -> str:
    """SHA-256 in hex over the texts in order, in UTF-8, each followed by a line feed."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8"))
        digest.update(b"\n")
    return digest.hexdigest()


def _encode(text: str, position: int, name: str, tokenizer: Tokenizer) -> Prompt:
    token_ids = tuple(tokenizer.encode(text))
    if not token_ids:
        raise DatasetError(
            "prompt_without_tokens",
            f"prompt {position} of {name} has no tokens for this model's tokenizer: {text[:40]!r}",
            cure="Take the prompt out of the dataset, or check the model's tokenizer.",
        )
    return Prompt(text=text, token_ids=token_ids)
