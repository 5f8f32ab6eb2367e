"""The texts that come with the package."""

import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

import pytest
from llem_prompts import BUILTIN_REVISION, DatasetError, builtin_set, texts_sha256

REVISIONS = {"1": "5fcec9c61d3f67a2171cdbff825feab55939e6fab4687bbf227b8a7569934155"}
"""Append only: a revision's texts never change; other texts are another revision."""

WORDS = {"short": (6, 16), "medium": (20, 55), "long": (90, 170), "extra_long": (260, 480)}
"""Bounds in words; English takes about 1.3 GPT-2 tokens per word."""


def five_word_runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9']+", text.lower())
    return set(zip(*(words[offset:] for offset in range(5)), strict=False))


class TestRevision:
    def test_the_texts_are_those_of_the_stated_revision(self) -> None:
        assert (
            texts_sha256([prompt.text for prompt in builtin_set()]) == REVISIONS[BUILTIN_REVISION]
        )

    def test_a_changed_text_is_refused(self, tmp_path: Path) -> None:
        changed = tmp_path / "builtin.jsonl"
        changed.write_text('{"id": "short-01", "class": "short", "text": "Mine."}\n')
        with pytest.raises(DatasetError, match="not those of revision 1"):
            builtin_set(changed)

    @pytest.mark.parametrize("content", ["no json", '{"id": "short-01"}', "[1]"])
    def test_a_broken_file_is_refused(self, tmp_path: Path, content: str) -> None:
        broken = tmp_path / "builtin.jsonl"
        broken.write_text(content)
        with pytest.raises(DatasetError, match="not those of revision 1"):
            builtin_set(broken)

    def test_a_missing_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match="FileNotFoundError"):
            builtin_set(tmp_path / "nothing.jsonl")


class TestContent:
    def test_there_are_fifty_prompts_of_each_class(self) -> None:
        counts = Counter(prompt.length_class for prompt in builtin_set())
        assert counts == {"short": 50, "medium": 50, "long": 50, "extra_long": 50}

    def test_any_four_in_a_row_hold_all_classes(self) -> None:
        classes = [prompt.length_class for prompt in builtin_set()]
        assert all(len(set(classes[i : i + 4])) == 4 for i in range(len(classes) - 3))

    def test_ids_are_distinct_and_name_the_class(self) -> None:
        prompts = builtin_set()
        assert len({prompt.id for prompt in prompts}) == len(prompts)
        assert all(p.id.startswith(p.length_class.replace("_", "-")) for p in prompts)

    def test_lengths_lie_in_the_bounds_of_their_class(self) -> None:
        for prompt in builtin_set():
            low, high = WORDS[prompt.length_class]
            assert low <= len(prompt.text.split()) <= high, prompt.id

    def test_texts_are_clean(self) -> None:
        for prompt in builtin_set():
            assert prompt.text == prompt.text.strip(), prompt.id
            assert "\t" not in prompt.text, prompt.id
            assert "\n\n\n\n" not in prompt.text, prompt.id

    def test_no_two_short_or_medium_ones_are_alike(self) -> None:
        texts = [p.text for p in builtin_set() if p.length_class in {"short", "medium"}]
        for one, other in combinations(texts, 2):
            matcher = SequenceMatcher(None, one, other)
            assert (
                matcher.real_quick_ratio() < 0.8
                or matcher.quick_ratio() < 0.8
                or (matcher.ratio() < 0.8)
            ), (one, other)

    def test_no_passage_returns_within_the_first_hundred(self) -> None:
        runs = {p.id: five_word_runs(p.text) for p in builtin_set()[:100]}
        for one, other in combinations(runs, 2):
            assert len(runs[one] & runs[other]) <= 3, (one, other)

    def test_no_prompt_begins_as_another_does(self) -> None:
        # an engine that keeps common beginnings would otherwise be measured doing less
        starts = [prompt.text[:50] for prompt in builtin_set()]
        assert len(set(starts)) == len(starts)
