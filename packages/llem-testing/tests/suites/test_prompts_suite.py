"""A source that breaks one promise fails the test that is meant for it."""

import dataclasses
from pathlib import Path

from llem_contracts import PromptSet, PromptSource, Tokenizer
from llem_prompts import BuiltinPrompts, builtin_set
from llem_prompts.descriptors import BUILTIN
from llem_schema import DatasetConfig
from llem_testing.suites import PromptsSuite

from .verdict import failing_tests


class RepeatsInSecret(BuiltinPrompts):
    """Goes through its set again and does not say so."""

    def draw(
        self, dataset: DatasetConfig, n: int, random_seed: int, tokenizer: Tokenizer
    ) -> PromptSet:
        drawn = super().draw(dataset, n, random_seed, tokenizer)
        told = drawn.provenance.model_copy(update={"repeated": False})
        return dataclasses.replace(drawn, provenance=told)


def suite_of(source: type[PromptSource]) -> type[PromptsSuite]:
    class Suite(PromptsSuite):
        descriptor = BUILTIN

        def make_source(self) -> PromptSource:
            return source()

        def dataset(self, folder: Path) -> DatasetConfig:
            return DatasetConfig(source="builtin")

        def absent(self, folder: Path) -> DatasetConfig:
            return DatasetConfig(source="built-out")

        def texts(self, folder: Path) -> tuple[str, ...]:
            return tuple(prompt.text for prompt in builtin_set()[:3])

    return Suite


class TestPromptsSuite:
    def test_a_sound_source_passes(self, tmp_path: Path) -> None:
        assert failing_tests(suite_of(BuiltinPrompts), tmp_path) == set()

    def test_a_broken_source_fails_the_test_meant_for_it_alone(self, tmp_path: Path) -> None:
        assert failing_tests(suite_of(RepeatsInSecret), tmp_path) == {
            "test_more_prompts_than_there_are_repeat_openly_or_are_a_problem"
        }
