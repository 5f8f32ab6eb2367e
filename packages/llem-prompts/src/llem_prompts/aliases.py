"""Short names of hub datasets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Alias:
    """What a short name stands for; what the dataset's mapping says goes before."""

    repository: str
    split: str
    column: str


ALIASES: Final[Mapping[str, Alias]] = {
    "ai-energy-score": Alias("AIEnergyScore/text_generation", split="train", column="text"),
}
"""`ai-energy-score`: the 1,000 texts of the AI Energy Score benchmark for text generation."""
