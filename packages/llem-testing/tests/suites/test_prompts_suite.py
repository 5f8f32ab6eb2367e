"""A source that breaks one promise fails the test that is meant for it."""

import dataclasses
import hashlib
from pathlib import Path

import pytest
from llem_contracts import Problem, PromptSet, PromptSource, Tokenizer
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


class IgnoresOptions(BuiltinPrompts):
    """Takes any key of a dataset and heeds none."""

    def problems(self, dataset: DatasetConfig, n: int) -> tuple[Problem, ...]:
        return super().problems(DatasetConfig(source=dataset.source), n)

    def draw(
        self, dataset: DatasetConfig, n: int, random_seed: int, tokenizer: Tokenizer
    ) -> PromptSet:
        return super().draw(DatasetConfig(source=dataset.source), n, random_seed, tokenizer)


class PromisesALength(BuiltinPrompts):
    """Fixes a length and does not keep to it."""

    def input_tokens(self, dataset: DatasetConfig) -> int | None:
        return 512


class BeginsAtTheEnd(BuiltinPrompts):
    """Gives the last of its prompts first, so that the first ones depend on how many there are."""

    def draw(
        self, dataset: DatasetConfig, n: int, random_seed: int, tokenizer: Tokenizer
    ) -> PromptSet:
        drawn = super().draw(dataset, n, random_seed, tokenizer)
        if n != 2:
            return drawn
        prompts = drawn.prompts[::-1]
        lines = "".join(f"{prompt.text}\n" for prompt in prompts)
        told = {"sha256": hashlib.sha256(lines.encode()).hexdigest()}
        provenance = drawn.provenance.model_copy(update=told)
        return dataclasses.replace(drawn, prompts=prompts, provenance=provenance)


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

    @pytest.mark.parametrize(
        ("source", "tests"),
        [
            (
                RepeatsInSecret,
                {"test_more_prompts_than_there_are_repeat_openly_or_are_a_problem"},
            ),
            (
                IgnoresOptions,
                {
                    "test_options_that_the_descriptor_does_not_declare_are_refused",
                    "test_longest_first_are_the_first_rows_by_falling_length",
                    "test_shuffled_are_rows_of_the_whole_dataset_by_the_seed",
                },
            ),
            (PromisesALength, {"test_a_length_that_the_dataset_fixes_is_that_of_every_prompt"}),
            (
                BeginsAtTheEnd,
                {
                    "test_fewer_prompts_are_the_first_of_more",
                    "test_shuffled_are_rows_of_the_whole_dataset_by_the_seed",
                },
            ),
        ],
    )
    def test_a_broken_source_fails_the_tests_meant_for_it_alone(
        self, tmp_path: Path, source: type[PromptSource], tests: set[str]
    ) -> None:
        assert failing_tests(suite_of(source), tmp_path) == tests
