"""Where the prompts of a run came from."""

from llem_schema.model import Model


class TokenLengths(Model):
    """Input lengths in tokens; `p05` to `p95` are percentiles."""

    minimum: int
    mean: float
    p05: float | None = None
    p25: float | None = None
    p50: float
    p75: float | None = None
    p95: float
    maximum: int


class PromptProvenance(Model):
    """Which texts a source gave."""

    source: str
    name: str
    revision: str | None
    """Version of a set that has versions; the commit of a hub dataset."""
    sha256: str
    """Of the texts in order, each followed by a line feed."""
    available: int | None
    """Prompts in the source; None where any number can be had."""
    repeated: bool
    """The set was smaller than `n` and was gone through again."""
    repository: str | None = None
    """Hub dataset that was read."""
    split: str | None = None
    """The part of it."""
    column: str | None = None
    """Key or column that the prompts were taken from; None where there is none, or several."""


class PromptsRecord(Model):
    """The prompts of a run."""

    provenance: PromptProvenance
    n: int
    truncated: int
    """Prompts that `max_input_tokens` cut."""
    input_tokens: TokenLengths
