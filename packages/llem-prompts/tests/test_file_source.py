"""Drawing from JSONL and text files."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from llem_contracts import ConfigError, Problem
from llem_prompts import FilePrompts
from llem_prompts.jsonl import prompts_of_jsonl
from llem_schema import DatasetConfig

from .tokenizers import ByteTokenizer, DeafTokenizer

PROMPT_TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(str.strip)


def write(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def draw(source: str, n: int, column: str | None = None) -> list[str]:
    dataset = DatasetConfig(source=source, column=column)
    assert FilePrompts().problems(dataset, n) == ()
    drawn = FilePrompts().draw(dataset, n, 42, ByteTokenizer())
    return [prompt.text for prompt in drawn.prompts]


def refusal(source: str, n: int = 1, column: str | None = None) -> Problem:
    """The problem that pre-flight tells of, after making sure that `draw` says the same."""
    dataset = DatasetConfig(source=source, column=column)
    (problem,) = FilePrompts().problems(dataset, n)
    with pytest.raises(ConfigError) as caught:
        FilePrompts().draw(dataset, n, 42, ByteTokenizer())
    assert (problem.message, problem.cure) == (str(caught.value), caught.value.cure)
    assert problem.blocking
    return problem


def outcome_of_jsonl(content: str) -> list[str] | ConfigError:
    try:
        return prompts_of_jsonl(content, "a.jsonl", None)
    except ConfigError as error:
        return error


class TestText:
    def test_each_line_is_a_prompt_and_blank_ones_are_skipped(self, tmp_path: Path) -> None:
        source = write(tmp_path, "a.txt", "one\n\n   \ntwo \r\nthree")
        assert draw(source, 3) == ["one", "two ", "three"]

    def test_the_first_n_are_taken(self, tmp_path: Path) -> None:
        assert draw(write(tmp_path, "a.txt", "one\ntwo\nthree\n"), 2) == ["one", "two"]

    def test_a_byte_order_mark_is_no_part_of_the_prompt(self, tmp_path: Path) -> None:
        assert draw(write(tmp_path, "a.txt", b"\xef\xbb\xbfone\n"), 1) == ["one"]

    def test_the_ending_may_be_in_capitals(self, tmp_path: Path) -> None:
        assert draw(write(tmp_path, "a.TXT", "one\n"), 1) == ["one"]

    def test_a_column_is_refused(self, tmp_path: Path) -> None:
        problem = refusal(write(tmp_path, "a.txt", "one\n"), column="text")
        assert problem.code == "dataset_column_not_applicable"


class TestJsonl:
    def test_objects_and_strings_give_their_prompts_in_order(self, tmp_path: Path) -> None:
        lines = ['{"text": "b", "prompt": "a"}', '"plain"', "", '{"text": "c"}']
        assert draw(write(tmp_path, "a.jsonl", "\n".join(lines)), 3) == ["a", "plain", "c"]

    def test_a_named_column_is_the_one_taken(self, tmp_path: Path) -> None:
        source = write(tmp_path, "a.jsonl", '{"prompt": "a", "question": "b"}\n')
        assert draw(source, 1, column="question") == ["b"]

    @given(st.lists(PROMPT_TEXT, min_size=1))
    def test_what_json_can_write_is_read_back(self, texts: list[str]) -> None:
        content = "\r\n".join(json.dumps({"prompt": t}, ensure_ascii=False) for t in texts)
        assert prompts_of_jsonl(content, "a.jsonl", None) == texts

    @pytest.mark.parametrize(
        ("line", "column", "code", "words"),
        [
            ('{"prompt": "a"', None, "dataset_line_broken", "not JSON"),
            ("[" * 100_000, None, "dataset_line_broken", "not JSON"),
            ("1" * 5_000, None, "dataset_line_broken", "not JSON"),
            ('{"a": 1, "b": 2}', None, "dataset_column_missing", "it has 'a', 'b'"),
            ("{}", None, "dataset_column_missing", "no key 'prompt' or 'text'; it has none"),
            ('{"prompt": "a"}', "q", "dataset_column_missing", "no key 'q'"),
            ('"plain"', "q", "dataset_column_missing", "a string and has no key 'q'"),
            ('{"prompt": null}', None, "prompt_not_text", "'prompt' is null"),
            ('{"prompt": true}', None, "prompt_not_text", "'prompt' is a boolean"),
            ('{"prompt": {"a": 1}}', None, "prompt_not_text", "'prompt' is an object"),
            ("3.5", None, "prompt_not_text", "the line is a number"),
            ('["a"]', None, "prompt_not_text", "the line is an array"),
            ('{"prompt": " "}', None, "prompt_empty", "empty prompt"),
            ('""', None, "prompt_empty", "empty prompt"),
            ('"\\ud800"', None, "prompt_not_text", "surrogate"),
        ],
    )
    def test_a_faulty_line_is_named(
        self, tmp_path: Path, line: str, column: str | None, code: str, words: str
    ) -> None:
        good = json.dumps({"prompt": "a", "q": "b"})
        source = write(tmp_path, "a.jsonl", f"{good}\n{line}\n{good}\n")
        problem = refusal(source, column=column)
        assert problem.code == code
        assert problem.message.startswith(f"{source}:2:")
        assert words in problem.message

    @given(st.text(st.characters(exclude_categories=("Cs",))))
    def test_any_text_gives_prompts_or_a_config_error(self, content: str) -> None:
        outcome = outcome_of_jsonl(content)
        if isinstance(outcome, ConfigError):
            assert outcome.cure
        else:
            assert all(prompt.strip() for prompt in outcome)


class TestProblems:
    @pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
    def test_more_prompts_than_the_file_has_name_both_numbers(
        self, tmp_path: Path, name: str
    ) -> None:
        problem = refusal(write(tmp_path, name, '"one"\n"two"\n'), n=5)
        assert problem.code == "dataset_too_small"
        assert "2 prompts" in problem.message
        assert "n is 5" in problem.message

    def test_a_missing_file(self, tmp_path: Path) -> None:
        assert refusal(str(tmp_path / "no.txt")).code == "dataset_not_found"

    def test_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "folder.txt").mkdir()
        assert refusal(str(tmp_path / "folder.txt")).code == "dataset_not_readable"

    def test_a_path_that_no_file_can_have(self, tmp_path: Path) -> None:
        problem = refusal(str(tmp_path / ("a" * 5000 + ".txt")))
        assert problem.code == "dataset_not_readable"
        assert "too long" in problem.message

    def test_a_loop_of_links(self, tmp_path: Path) -> None:
        loop = tmp_path / "loop.txt"
        loop.symlink_to(loop)
        assert refusal(str(loop)).code in {"dataset_not_found", "dataset_not_readable"}

    def test_an_unknown_ending(self, tmp_path: Path) -> None:
        problem = refusal(write(tmp_path, "a.csv", "one\n"))
        assert problem.code == "dataset_format_unknown"
        assert ".jsonl or .txt" in problem.cure

    def test_text_that_is_not_utf_8_is_placed(self, tmp_path: Path) -> None:
        source = write(tmp_path, "a.txt", b"one\ntwo\nthr\xe9e\n")
        problem = refusal(source)
        assert problem.code == "dataset_not_utf8"
        assert problem.message == f"{source}:3: the text is not UTF-8 (byte 0xe9)"

    @pytest.mark.parametrize("content", ["", "\n \n"])
    def test_an_empty_file(self, tmp_path: Path, content: str) -> None:
        assert refusal(write(tmp_path, "a.txt", content)).code == "dataset_empty"

    def test_a_prompt_without_tokens_is_found_when_drawing(self, tmp_path: Path) -> None:
        dataset = DatasetConfig(source=write(tmp_path, "a.txt", "one\ntwo\n"))
        with pytest.raises(ConfigError, match=r"prompt 2 of .* has no tokens") as caught:
            FilePrompts().draw(dataset, 2, 0, DeafTokenizer(unknown="two"))
        assert caught.value.cure


class TestProvenance:
    def test_it_keeps_the_path_as_given_and_hashes_what_was_drawn(self, tmp_path: Path) -> None:
        source = write(tmp_path, "a.txt", "one\ntwo\nthree\n")
        dataset = DatasetConfig(source=source)
        provenance = FilePrompts().draw(dataset, 2, 0, ByteTokenizer()).provenance
        assert (provenance.source, provenance.name) == ("files", source)
        assert provenance.sha256 == hashlib.sha256(b"one\ntwo\n").hexdigest()
        assert (provenance.available, provenance.repeated) == (3, False)
        assert provenance.revision is None

    def test_fetching_leaves_a_missing_file_to_pre_flight(self, tmp_path: Path) -> None:
        FilePrompts().fetch(DatasetConfig(source=str(tmp_path / "no.txt")))
