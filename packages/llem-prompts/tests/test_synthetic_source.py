"""Synthetic prompts have exactly the asked length, for every kind of tokenizer."""

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings, strategies as st
from llem_contracts import ConfigError, PromptSet
from llem_prompts import SYNTHETIC_REVISION, SyntheticPrompts
from llem_schema import DatasetConfig

from .tokenizers import ByteTokenizer, DeafTokenizer
from .trained_tokenizers import KINDS, Trained


@cache
def tokenizer_of(kind: str) -> Trained:
    return KINDS[kind][0]()


def dataset(input_tokens: int | None = None, shared_prefix: int | None = None) -> DatasetConfig:
    return DatasetConfig(source="synthetic", input_tokens=input_tokens, shared_prefix=shared_prefix)


def draw(
    kind: str, n: int, input_tokens: int, shared_prefix: int | None = None, seed: int = 42
) -> PromptSet:
    asked = dataset(input_tokens, shared_prefix)
    return SyntheticPrompts().draw(asked, n, seed, tokenizer_of(kind))


class PairTokenizer(ByteTokenizer):
    """Gives two tokens for each byte, and so never an odd number of them."""

    def encode(self, text: str) -> list[int]:
        return [token for token in super().encode(text) for _ in range(2)]


class LetterTokenizer(ByteTokenizer):
    """Knows letters alone, so that what stands between words is nothing to it."""

    def encode(self, text: str) -> list[int]:
        return super().encode("".join(filter(str.isalpha, text)))


class MuteTokenizer(ByteTokenizer):
    """Knows no character."""

    def encode(self, text: str) -> list[int]:
        return []


class TestLength:
    @pytest.mark.parametrize("kind", KINDS)
    @settings(max_examples=25, deadline=None)
    @given(data=st.data())
    def test_is_exact_for_any_length_and_seed(self, kind: str, data: st.DataObject) -> None:
        _, added, fewest = KINDS[kind]
        length = data.draw(st.integers(added + fewest, 300), label="input_tokens")
        seed = data.draw(st.integers(0, 2**32 - 1), label="seed")
        tokenizer = tokenizer_of(kind)
        for prompt in draw(kind, 3, length, seed=seed).prompts:
            assert len(prompt.token_ids) == length
            assert tokenizer.encode(prompt.text) == list(prompt.token_ids)

    @pytest.mark.parametrize("kind", KINDS)
    def test_is_exact_for_a_long_prompt(self, kind: str) -> None:
        (prompt,) = draw(kind, 1, 4096).prompts
        assert len(tokenizer_of(kind).encode(prompt.text)) == 4096

    def test_is_512_where_none_is_asked_for(self) -> None:
        source = SyntheticPrompts()
        assert source.input_tokens(dataset()) == 512
        drawn = source.draw(dataset(), 2, 42, ByteTokenizer())
        assert {len(prompt.token_ids) for prompt in drawn.prompts} == {512}

    def test_that_is_asked_for_is_told_before_drawing(self) -> None:
        assert SyntheticPrompts().input_tokens(dataset(77)) == 77

    @pytest.mark.parametrize("kind", [kind for kind, (_, added, _) in KINDS.items() if added])
    def test_that_special_tokens_take_up_is_refused_with_the_least_one(self, kind: str) -> None:
        added = KINDS[kind][1]
        with pytest.raises(ConfigError, match=f"adds {added} special tokens") as caught:
            draw(kind, 1, added)
        assert caught.value.cure is not None
        assert f"{added + 1} or more" in caught.value.cure

    @pytest.mark.parametrize("tokenizer", [PairTokenizer(), MuteTokenizer()])
    def test_that_the_tokenizer_never_gives_is_one_error(self, tokenizer: ByteTokenizer) -> None:
        with pytest.raises(ConfigError, match="exactly 7 tokens") as caught:
            SyntheticPrompts().draw(dataset(7), 1, 42, tokenizer)
        assert caught.value.cure

    def test_of_a_tokenizer_that_skips_some_is_met_where_it_can_be(self) -> None:
        (prompt,) = SyntheticPrompts().draw(dataset(8), 1, 42, PairTokenizer()).prompts
        assert len(prompt.token_ids) == 8


class TestPrompts:
    @pytest.mark.parametrize("kind", KINDS)
    def test_all_differ(self, kind: str) -> None:
        prompts = draw(kind, 200, KINDS[kind][1] + 3).prompts
        assert len({prompt.token_ids for prompt in prompts}) == 200

    def test_fewer_are_the_first_of_more(self) -> None:
        more = draw("byte-level-bpe", 20, 3).prompts
        for n in range(1, 20):
            assert draw("byte-level-bpe", n, 3).prompts == more[:n]

    def test_another_seed_gives_others(self) -> None:
        one, other = (draw("bytes", 5, 50, seed=seed).prompts for seed in (1, 2))
        assert not set(one) & set(other)

    def test_that_run_out_are_an_error_with_both_numbers(self) -> None:
        with pytest.raises(ConfigError, match=r"only (\d+) different .* n is 1000") as caught:
            draw("bytes", 1000, 1)
        assert "dataset.input_tokens" in (caught.value.cure or "")

    def test_of_a_tokenizer_that_cannot_tell_words_apart_run_out_at_once(self) -> None:
        class OneToken(ByteTokenizer):
            def encode(self, text: str) -> list[int]:
                return [0] * len(text.split())

        with pytest.raises(ConfigError, match="only 1 different prompts of 5 tokens"):
            SyntheticPrompts().draw(dataset(5), 2, 42, OneToken())

    def test_do_not_need_every_word(self) -> None:
        drawn = SyntheticPrompts().draw(dataset(40), 3, 42, DeafTokenizer(unknown="q"))
        assert all(len(prompt.token_ids) == 40 for prompt in drawn.prompts)


class TestSharedPrefix:
    @pytest.mark.parametrize("kind", KINDS)
    @settings(max_examples=15, deadline=None)
    @given(data=st.data())
    def test_is_as_long_as_asked_and_no_longer(self, kind: str, data: st.DataObject) -> None:
        _, added, _ = KINDS[kind]
        shared = data.draw(st.integers(added + 1, 60), label="shared_prefix")
        length = shared + added + data.draw(st.integers(4, 30), label="beyond it")
        prompts = draw(kind, 4, length, shared).prompts
        assert {len(prompt.token_ids) for prompt in prompts} == {length}
        assert common_prefix([prompt.token_ids for prompt in prompts]) == shared

    def test_may_be_all_but_the_last_token(self) -> None:
        prompts = draw("bytes", 4, 11, 10).prompts
        assert common_prefix([prompt.token_ids for prompt in prompts]) == 10

    @pytest.mark.parametrize("seed", range(60))
    def test_is_no_longer_where_one_letter_in_twenty_is_the_same(self, seed: int) -> None:
        drawn = SyntheticPrompts().draw(dataset(12, 5), 2, seed, LetterTokenizer())
        assert common_prefix([prompt.token_ids for prompt in drawn.prompts]) == 5

    def test_of_special_tokens_alone_needs_no_text(self) -> None:
        prompts = draw("sentencepiece-bpe", 3, 20, 1).prompts
        assert len({prompt.token_ids[0] for prompt in prompts}) == 1

    def test_that_leaves_nothing_is_refused_before_drawing(self) -> None:
        (problem,) = SyntheticPrompts().problems(dataset(8, 8), 1)
        assert problem.code == "shared_prefix_too_long"
        (problem,) = SyntheticPrompts().problems(dataset(None, 512), 1)
        assert "512" in problem.message


class TestProvenance:
    def test_names_the_revision_and_no_number_of_prompts(self) -> None:
        provenance = draw("bytes", 2, 9).provenance
        assert (provenance.source, provenance.name) == ("synthetic", "synthetic")
        assert provenance.revision == SYNTHETIC_REVISION
        assert (provenance.available, provenance.repeated) == (None, False)


def common_prefix(sequences: Sequence[Sequence[int]]) -> int:
    """How many items all sequences begin with."""
    return next(i for i, items in enumerate(zip(*sequences, strict=True)) if len(set(items)) > 1)
