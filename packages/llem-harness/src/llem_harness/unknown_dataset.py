"""Stands in for the prompt source of a dataset that no installed source answers to.

So that pre-flight can tell it together with everything else that is wrong.
"""

import difflib
from collections.abc import Sequence
from typing import NoReturn

from llem_contracts import ConfigError, Problem, PromptsDescriptor, PromptSet, Tokenizer
from llem_schema import DatasetConfig


def unknown_dataset(name: str, known: Sequence[PromptsDescriptor]) -> Problem:
    """That no source answers to a name, with the nearest one to which one does."""
    names = sorted(name for descriptor in known for name in descriptor.names)
    endings = sorted(end for descriptor in known for end in descriptor.suffixes)
    near = difflib.get_close_matches(name.lower(), names, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    hub = ", or owner/name of a hub dataset" if any(d.pattern for d in known) else ""
    return Problem(
        code="dataset_unknown",
        message=f"the dataset {name!r} is neither a known name nor a file of a known kind",
        cure=f"{hint}Use {', '.join(names)}, a file that ends in {', '.join(endings)}{hub}.",
    )


class UnknownDataset:
    """A `PromptSource` that has nothing but a problem."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def problems(self, dataset: DatasetConfig, n: int) -> tuple[Problem, ...]:
        return (self._problem,)

    def fetch(self, dataset: DatasetConfig) -> NoReturn:
        raise ConfigError(self._problem.message, cure=self._problem.cure)

    def input_tokens(self, dataset: DatasetConfig) -> int | None:
        return None

    def draw(
        self, dataset: DatasetConfig, n: int, random_seed: int, tokenizer: Tokenizer
    ) -> PromptSet:
        raise ConfigError(self._problem.message, cure=self._problem.cure)
