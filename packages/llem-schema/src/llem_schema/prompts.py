"""Where the prompts of a run came from."""

from llem_schema.model import Model


class TokenLengths(Model):
    """Input lengths in tokens."""

    minimum: int
    mean: float
    p50: float
    p95: float
    maximum: int


class PromptProvenance(Model):
    """Which texts a source gave."""

    source: str
    name: str
    revision: str | None
    """Version of a set that has versions."""
    sha256: str
    """Of the texts in order, each followed by a line feed."""
    available: int
    """Prompts in the source."""
    repeated: bool
    """The set was smaller than `n` and was gone through again."""


class PromptsRecord(Model):
    """The prompts of a run."""

    provenance: PromptProvenance
    n: int
    truncated: int
    """Prompts that `max_input_tokens` cut."""
    input_tokens: TokenLengths
