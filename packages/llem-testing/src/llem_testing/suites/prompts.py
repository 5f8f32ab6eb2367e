"""What every prompt source promises."""

import hashlib
from pathlib import Path
from typing import ClassVar

import pytest
from llem_contracts import ConfigError, LlemError, PromptsDescriptor, PromptSet, PromptSource
from llem_schema import DatasetConfig

from llem_testing.suites.base import ContractSuite
from llem_testing.suites.connections import connections
from llem_testing.tokenizer import ByteTokenizer

_SEED = 42


class PromptsSuite(ContractSuite):
    """The contract of `llem_contracts.PromptSource`.

    A subclass gives `descriptor`, `make_source`, and a dataset in two forms: one that is there, of
    at least 3 prompts, and one that cannot be had.
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
        source = self.dataset(tmp_path).source
        suffix = Path(source).suffix.lower()
        assert source in self.descriptor.names or suffix in self.descriptor.suffixes

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
        available = self._drawn(tmp_path, 3).provenance.available
        assert available >= 3
        if source.problems(dataset, available + 1):
            with pytest.raises(ConfigError):
                source.draw(dataset, available + 1, _SEED, ByteTokenizer())
        else:
            more = source.draw(dataset, available + 1, _SEED, ByteTokenizer())
            assert len(more.prompts) == available + 1
            assert more.provenance.repeated

    def test_no_prompt_is_repeated_while_there_are_enough(self, tmp_path: Path) -> None:
        available = self._drawn(tmp_path, 3).provenance.available
        assert not self._drawn(tmp_path, available).provenance.repeated

    def _drawn(self, folder: Path, n: int) -> PromptSet:
        return self.make_source().draw(self.dataset(folder), n, _SEED, ByteTokenizer())
