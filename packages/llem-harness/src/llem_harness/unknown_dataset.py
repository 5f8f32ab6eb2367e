"""Stands in for the prompt source of a dataset that no installed source answers to.

So that pre-flight can tell it together with everything else that is wrong.
"""

from typing import NoReturn

from llem_contracts import ConfigError, Problem, PromptSet, Tokenizer
from llem_schema import DatasetConfig


class UnknownDataset:
    """A `PromptSource` that has nothing but a problem."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def problems(self, dataset: DatasetConfig, n: int) -> tuple[Problem, ...]:
        return (self._problem,)

    def fetch(self, dataset: DatasetConfig) -> NoReturn:
        raise ConfigError(self._problem.message, cure=self._problem.cure)

    def draw(
        self, dataset: DatasetConfig, n: int, random_seed: int, tokenizer: Tokenizer
    ) -> PromptSet:
        raise ConfigError(self._problem.message, cure=self._problem.cure)
