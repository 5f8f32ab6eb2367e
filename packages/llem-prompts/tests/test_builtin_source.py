"""Drawing from the built-in set."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from llem_contracts import ConfigError
from llem_prompts import BUILTIN_REVISION, BuiltinPrompts, builtin_set
from llem_schema import DatasetConfig

from .tokenizers import ByteTokenizer, DeafTokenizer

BUILTIN = DatasetConfig(source="builtin")


def draw(n: int, seed: int = 42) -> tuple[str, ...]:
    drawn = BuiltinPrompts().draw(BUILTIN, n, seed, ByteTokenizer())
    return tuple(prompt.text for prompt in drawn.prompts)


class TestDraw:
    def test_the_order_is_the_sets_own(self) -> None:
        assert draw(200) == tuple(prompt.text for prompt in builtin_set())

    @given(st.integers(1, 450), st.integers(0, 2**32 - 1))
    @settings(max_examples=25, deadline=None)
    def test_fewer_prompts_are_the_first_of_more_whatever_the_seed(self, n: int, seed: int) -> None:
        assert draw(n, seed) == draw(450)[:n]

    def test_tokens_are_the_tokenizers(self) -> None:
        drawn = BuiltinPrompts().draw(BUILTIN, 3, 0, ByteTokenizer())
        for prompt in drawn.prompts:
            assert prompt.token_ids == tuple(prompt.text.encode())

    def test_beyond_its_end_the_set_begins_again(self) -> None:
        assert draw(203)[200:] == draw(3)

    def test_a_prompt_without_tokens_is_refused(self) -> None:
        deaf = DeafTokenizer(unknown="bread dough")
        with pytest.raises(ConfigError, match="prompt 1 of builtin has no tokens"):
            BuiltinPrompts().draw(BUILTIN, 1, 0, deaf)

    def test_fetching_needs_nothing(self) -> None:
        BuiltinPrompts().fetch(BUILTIN)
        assert BuiltinPrompts().problems(BUILTIN, 200) == ()


class TestProvenance:
    def test_it_names_set_and_revision(self) -> None:
        provenance = BuiltinPrompts().draw(BUILTIN, 1, 0, ByteTokenizer()).provenance
        assert (provenance.source, provenance.name) == ("builtin", "builtin")
        assert provenance.revision == BUILTIN_REVISION
        assert provenance.available == 200

    def test_the_hash_is_over_the_texts_drawn_each_with_a_line_feed(self) -> None:
        drawn = BuiltinPrompts().draw(BUILTIN, 2, 0, ByteTokenizer())
        first, second = (prompt.text for prompt in drawn.prompts)
        expected = hashlib.sha256(f"{first}\n{second}\n".encode()).hexdigest()
        assert drawn.provenance.sha256 == expected

    @pytest.mark.parametrize(("n", "repeated"), [(200, False), (201, True)])
    def test_it_says_whether_the_set_was_repeated(self, n: int, repeated: bool) -> None:
        drawn = BuiltinPrompts().draw(BUILTIN, n, 0, ByteTokenizer())
        assert drawn.provenance.repeated is repeated


class TestProblems:
    @pytest.mark.parametrize(
        ("dataset", "code"),
        [
            (DatasetConfig(source="builtin", column="text"), "dataset_option_not_applicable"),
            (DatasetConfig(source="other"), "dataset_not_found"),
        ],
    )
    def test_pre_flight_and_draw_say_the_same(self, dataset: DatasetConfig, code: str) -> None:
        (problem,) = BuiltinPrompts().problems(dataset, 1)
        with pytest.raises(ConfigError) as caught:
            BuiltinPrompts().draw(dataset, 1, 0, ByteTokenizer())
        assert problem.code == code
        assert (problem.message, problem.cure) == (str(caught.value), caught.value.cure)

    def test_a_length_leads_to_the_synthetic_prompts(self) -> None:
        asked = DatasetConfig(source="builtin", input_tokens=64)
        (problem,) = BuiltinPrompts().problems(asked, 1)
        assert "input_tokens (64)" in problem.message
        assert "dataset: synthetic" in problem.cure

    def test_an_altered_installation_is_told_of(self, tmp_path: Path) -> None:
        (problem,) = BuiltinPrompts(tmp_path / "none.jsonl").problems(BUILTIN, 1)
        assert problem.code == "builtin_prompts_altered"
        assert "Reinstall" in problem.cure
