"""What every prompt source promises."""

import hashlib
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
from llem_contracts import ConfigError, LlemError, PromptsDescriptor, PromptSet, PromptSource
from llem_schema import DatasetConfig

from llem_testing.suites.base import ContractSuite
from llem_testing.suites.connections import connections
from llem_testing.tokenizer import ByteTokenizer

_SEED = 42
_OPTIONS = {
    "split": "train",
    "column": "prompt",
    "revision": "main",
    "input_tokens": 8,
    "shared_prefix": 2,
    "order": "shuffled",
}
"""A value for every key of `DatasetConfig` beside `source`."""


class PromptsSuite(ContractSuite):
    """The contract of `llem_contracts.PromptSource`.

    A subclass gives `descriptor`, `make_source`, and a dataset in two forms: one that is there, of
    at least 3 prompts of which not all are equal, and one that cannot be had.
    """

    descriptor: ClassVar[PromptsDescriptor]

    def make_source(self) -> PromptSource:
        """A new source."""
        raise NotImplementedError

    def dataset(self, folder: Path) -> DatasetConfig:
        """A dataset of at least 3 prompts; files that it needs go into `folder`."""
        raise NotImplementedError

    def absent(self, folder: Path) -> DatasetConfig:
        """A dataset that cannot be had."""
        raise NotImplementedError

    def texts(self, folder: Path) -> tuple[str, ...]:
        """Oracle: the first 3 texts of `dataset(folder)`, for the seed 42."""
        raise NotImplementedError

    def test_the_descriptor_answers_to_the_dataset(self, tmp_path: Path) -> None:
        source, descriptor = self.dataset(tmp_path).source, self.descriptor
        assert (
            source in descriptor.names
            or Path(source).suffix.lower() in descriptor.suffixes
            or re.fullmatch(descriptor.pattern or "(?!)", source)
        )

    def test_suffixes_are_in_lower_case_with_their_dot(self) -> None:
        for suffix in self.descriptor.suffixes:
            assert suffix.startswith(".")
            assert suffix == suffix.lower()

    def test_a_dataset_that_is_there_has_no_problem(self, tmp_path: Path) -> None:
        assert list(self.make_source().problems(self.dataset(tmp_path), 3)) == []

    def test_a_dataset_that_cannot_be_had_has_a_problem_with_a_cure(self, tmp_path: Path) -> None:
        problems = self.make_source().problems(self.absent(tmp_path), 3)
        assert any(problem.blocking for problem in problems)
        assert all(p.code and p.message and p.cure for p in problems)

    def test_what_has_a_problem_is_a_config_error_when_drawn(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError):
            self.make_source().draw(self.absent(tmp_path), 3, _SEED, ByteTokenizer())

    def test_options_that_the_descriptor_does_not_declare_are_refused(self, tmp_path: Path) -> None:
        for option in _OPTIONS.keys() - self.descriptor.options:
            dataset = self._with(tmp_path, **{option: _OPTIONS[option]})
            problems = self.make_source().problems(dataset, 3)
            assert any(problem.blocking for problem in problems), option
            with pytest.raises(ConfigError):
                self.make_source().draw(dataset, 3, _SEED, ByteTokenizer())

    def test_fetching_what_is_there_does_nothing(self, tmp_path: Path) -> None:
        source, dataset = self.make_source(), self.dataset(tmp_path)
        source.fetch(dataset)
        before = sorted(tmp_path.rglob("*"))
        with connections() as made:
            source.fetch(dataset)
        assert made == []
        assert sorted(tmp_path.rglob("*")) == before

    def test_fetching_what_cannot_be_had_is_a_problem_or_an_error_of_llem(
        self, tmp_path: Path
    ) -> None:
        source, absent = self.make_source(), self.absent(tmp_path)
        try:
            source.fetch(absent)
        except LlemError:
            return
        assert source.problems(absent, 3), "neither `fetch` nor `problems` tells"

    def test_as_many_prompts_are_drawn_as_are_asked_for(self, tmp_path: Path) -> None:
        for n in (1, 2, 3):
            assert len(self._drawn(tmp_path, n).prompts) == n

    def test_fewer_prompts_are_the_first_of_more(self, tmp_path: Path) -> None:
        assert self._drawn(tmp_path, 2).prompts == self._drawn(tmp_path, 3).prompts[:2]

    def test_a_length_that_the_dataset_fixes_is_that_of_every_prompt(self, tmp_path: Path) -> None:
        length = self.make_source().input_tokens(self.dataset(tmp_path))
        if length is not None:
            prompts = self._drawn(tmp_path, 3).prompts
            assert {len(prompt.token_ids) for prompt in prompts} == {length}

    def test_shuffled_are_rows_of_the_whole_dataset_by_the_seed(self, tmp_path: Path) -> None:
        if "order" not in self.descriptor.options:
            return
        source, dataset = self.make_source(), self._with(tmp_path, order="shuffled")
        available = self._available(tmp_path)
        whole = [prompt.text for prompt in self._drawn(tmp_path, available).prompts]

        def texts(n: int, seed: int) -> list[str]:
            drawn = source.draw(dataset, n, seed, ByteTokenizer())
            return [prompt.text for prompt in drawn.prompts]

        assert sorted(texts(available, 1)) == sorted(whole)
        assert texts(2, 1) == texts(available, 1)[:2]
        assert len({tuple(texts(available, seed)) for seed in range(10)}) > 1

    def test_longest_first_are_the_first_rows_by_falling_length(self, tmp_path: Path) -> None:
        if "order" not in self.descriptor.options:
            return
        dataset = self._with(tmp_path, order="longest_first")
        drawn = self.make_source().draw(dataset, 3, _SEED, ByteTokenizer())
        lengths = [len(prompt.token_ids) for prompt in drawn.prompts]
        assert lengths == sorted(lengths, reverse=True)
        assert set(drawn.prompts) == set(self._drawn(tmp_path, 3).prompts)

    def test_the_prompts_are_those_of_the_dataset(self, tmp_path: Path) -> None:
        drawn = self._drawn(tmp_path, 3)
        assert tuple(prompt.text for prompt in drawn.prompts) == self.texts(tmp_path)

    def test_tokens_are_those_of_the_tokenizer(self, tmp_path: Path) -> None:
        for prompt in self._drawn(tmp_path, 3).prompts:
            assert prompt.token_ids == tuple(ByteTokenizer().encode(prompt.text))

    def test_the_same_arguments_give_the_same_prompts(self, tmp_path: Path) -> None:
        assert self._drawn(tmp_path, 3) == self._drawn(tmp_path, 3)

    def test_the_provenance_has_the_hash_of_the_texts(self, tmp_path: Path) -> None:
        drawn = self._drawn(tmp_path, 3)
        lines = "".join(f"{prompt.text}\n" for prompt in drawn.prompts)
        assert drawn.provenance.sha256 == hashlib.sha256(lines.encode()).hexdigest()

    def test_the_provenance_names_the_source_and_the_dataset(self, tmp_path: Path) -> None:
        provenance = self._drawn(tmp_path, 1).provenance
        assert provenance.source == self.descriptor.name
        assert provenance.name == self.dataset(tmp_path).source

    def test_more_prompts_than_there_are_repeat_openly_or_are_a_problem(
        self, tmp_path: Path
    ) -> None:
        source, dataset = self.make_source(), self.dataset(tmp_path)
        available = self._available(tmp_path)
        assert available >= 3
        if source.problems(dataset, available + 1):
            with pytest.raises(ConfigError):
                source.draw(dataset, available + 1, _SEED, ByteTokenizer())
        else:
            more = source.draw(dataset, available + 1, _SEED, ByteTokenizer())
            assert len(more.prompts) == available + 1
            assert more.provenance.repeated or more.provenance.available is None

    def test_no_prompt_is_repeated_while_there_are_enough(self, tmp_path: Path) -> None:
        available = self._available(tmp_path)
        assert not self._drawn(tmp_path, available).provenance.repeated

    def _available(self, folder: Path) -> int:
        """Prompts in the source, or some where any number can be had."""
        return self._drawn(folder, 3).provenance.available or 3

    def _with(self, folder: Path, **options: Any) -> DatasetConfig:
        return self.dataset(folder).model_copy(update=options)

    def _drawn(self, folder: Path, n: int) -> PromptSet:
        return self.make_source().draw(self.dataset(folder), n, _SEED, ByteTokenizer())
