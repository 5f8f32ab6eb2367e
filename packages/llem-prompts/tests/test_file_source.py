"""Drawing from JSONL, CSV, Parquet and text files."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from hypothesis import given, strategies as st
from llem_contracts import ConfigError, Problem
from llem_prompts import FilePrompts
from llem_prompts.csv_file import prompts_of_csv
from llem_prompts.jsonl import prompts_of_jsonl
from llem_prompts.rows import Rows
from llem_schema import DatasetConfig

from .tokenizers import ByteTokenizer, DeafTokenizer

PROMPT_TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(str.strip)


def write(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def parquet(folder: Path, columns: dict[str, Any]) -> str:
    path = folder / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
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


def outcome_of(
    reader: Callable[[str, str, str | None], Rows], content: str
) -> list[str] | ConfigError:
    try:
        return reader(content, "a.file", None).texts
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
        assert problem.code == "dataset_option_not_applicable"


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
        assert prompts_of_jsonl(content, "a.jsonl", None).texts == texts

    @pytest.mark.parametrize(
        ("line", "column", "code", "words"),
        [
            ('{"prompt": "a"', None, "dataset_line_broken", "not JSON"),
            ("[" * 100_000, None, "dataset_line_broken", "not JSON"),
            ("1" * 5_000, None, "dataset_line_broken", "not JSON"),
            ('{"a": 1, "b": 2}', None, "dataset_column_missing", "it has 'a', 'b'"),
            (
                "{}",
                None,
                "dataset_column_missing",
                "no key 'prompt', 'text' or 'question'; it has none",
            ),
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
        outcome = outcome_of(prompts_of_jsonl, content)
        if isinstance(outcome, ConfigError):
            assert outcome.cure
        else:
            assert all(prompt.strip() for prompt in outcome)


class TestCsv:
    def test_rows_give_the_prompts_of_a_column_in_order(self, tmp_path: Path) -> None:
        source = write(tmp_path, "a.csv", "id,text,prompt\n1,b,a\n\n2,d,c\n")
        assert draw(source, 2) == ["a", "c"]
        assert draw(source, 2, column="text") == ["b", "d"]

    def test_quotes_hold_commas_line_ends_and_quotes(self, tmp_path: Path) -> None:
        source = write(tmp_path, "a.csv", 'prompt,id\r\n"a, b\r\nc ""d""",1\r\ne,2\r\n')
        assert draw(source, 2) == ['a, b\r\nc "d"', "e"]

    def test_a_byte_order_mark_is_no_part_of_the_first_column(self, tmp_path: Path) -> None:
        assert draw(write(tmp_path, "a.csv", b"\xef\xbb\xbfprompt\na\n"), 1) == ["a"]

    def test_a_field_may_be_of_any_length(self, tmp_path: Path) -> None:
        before = csv.field_size_limit()
        assert draw(write(tmp_path, "a.csv", f"prompt\n{'a' * 300_000}\n"), 1) == ["a" * 300_000]
        assert csv.field_size_limit() == before

    @given(st.lists(PROMPT_TEXT.filter(lambda text: "\0" not in text), min_size=1))
    def test_what_csv_can_write_is_read_back(self, texts: list[str]) -> None:
        stream = io.StringIO(newline="")
        csv.writer(stream).writerows([("id", "prompt"), *enumerate(texts)])
        assert prompts_of_csv(stream.getvalue(), "a.csv", None).texts == texts

    @given(st.text(st.characters(exclude_categories=("Cs",))))
    def test_any_text_gives_prompts_or_a_config_error(self, content: str) -> None:
        outcome = outcome_of(prompts_of_csv, f"prompt,id\n{content}")
        if isinstance(outcome, ConfigError):
            assert outcome.cure
        else:
            assert all(prompt.strip() for prompt in outcome)

    @pytest.mark.parametrize(
        ("content", "column", "code", "line", "words"),
        [
            ("prmopt,id\na,1\n", "prompt", "dataset_column_missing", 1, "has 'prmopt', 'id'"),
            ("a,b\n1,2\n", None, "dataset_column_missing", 1, "'prompt', 'text' or 'question'"),
            ("prompt,prompt\na,b\n", None, "dataset_line_broken", 1, "'prompt' twice"),
            ('id,prompt\n1,"a\nb"\n2\n', None, "dataset_line_broken", 4, "ends before"),
            ('prompt\n"a"b\n', None, "dataset_line_broken", 2, "not CSV"),
            ("prompt,id\na,1\n ,2\n", None, "prompt_empty", 3, "an empty prompt"),
        ],
    )
    def test_a_faulty_row_is_named(
        self, tmp_path: Path, content: str, column: str | None, code: str, line: int, words: str
    ) -> None:
        source = write(tmp_path, "a.csv", content)
        problem = refusal(source, column=column)
        assert problem.code == code
        assert problem.message.startswith(f"{source}:{line}: ")
        assert words in problem.message

    def test_a_misspelt_column_is_told_the_nearest(self, tmp_path: Path) -> None:
        source = write(tmp_path, "a.csv", "question,id\na,1\n")
        assert "Did you mean 'question'?" in refusal(source, column="qestion").cure


class TestParquet:
    def test_rows_give_the_prompts_of_a_column_in_order(self, tmp_path: Path) -> None:
        source = parquet(tmp_path, {"id": [1, 2], "text": ["b", "d"], "prompt": ["a", "c"]})
        assert draw(source, 2) == ["a", "c"]
        assert draw(source, 2, column="text") == ["b", "d"]

    def test_every_kind_of_text_will_do(self, tmp_path: Path) -> None:
        column = pyarrow.array(["a", "b", "a"]).dictionary_encode()
        assert draw(parquet(tmp_path, {"prompt": column}), 3) == ["a", "b", "a"]
        column = pyarrow.array(["a"], pyarrow.large_string())
        assert draw(parquet(tmp_path, {"prompt": column}), 1) == ["a"]

    @pytest.mark.parametrize(
        ("columns", "column", "code", "words"),
        [
            ({"texts": ["a"]}, "text", "dataset_column_missing", "has 'texts'"),
            ({"prompt": [1]}, None, "prompt_not_text", "holds int64, not text"),
            ({"prompt": [["a"]]}, None, "prompt_not_text", "not text"),
            ({"prompt": ["a", None]}, None, "prompt_empty", "row 2 "),
            ({"prompt": ["a", "b", " "]}, None, "prompt_empty", "row 3 "),
            ({"prompt": pyarrow.array([], "string")}, None, "dataset_empty", "no prompt"),
        ],
    )
    def test_what_is_wrong_is_named(
        self, tmp_path: Path, columns: dict[str, Any], column: str | None, code: str, words: str
    ) -> None:
        source = parquet(tmp_path, columns)
        problem = refusal(source, column=column)
        assert problem.code == code
        assert source in problem.message
        assert words in problem.message

    def test_a_text_that_is_not_utf_8_is_told(self, tmp_path: Path) -> None:
        broken = pyarrow.array([b"a\xff"], pyarrow.binary()).view(pyarrow.string())
        problem = refusal(parquet(tmp_path, {"prompt": broken}))
        assert problem.code == "dataset_not_utf8"
        assert "'prompt'" in problem.message

    def test_a_column_that_is_there_twice_is_told(self, tmp_path: Path) -> None:
        table = pyarrow.Table.from_arrays([pyarrow.array(["a"])] * 2, names=["prompt", "prompt"])
        pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
        problem = refusal(str(tmp_path / "a.parquet"))
        assert problem.code == "dataset_column_repeated"
        assert "'prompt' more than once" in problem.message

    def test_a_file_of_another_kind_is_one_sentence(self, tmp_path: Path) -> None:
        problem = refusal(write(tmp_path, "a.parquet", "prompt\na\n"))
        assert problem.code == "dataset_not_readable"
        assert "\n" not in problem.message

    def test_without_its_library_names_the_command_that_installs_it(self, tmp_path: Path) -> None:
        dataset = DatasetConfig(source=parquet(tmp_path, {"prompt": ["a"]}))
        bare = FilePrompts(installed=lambda module: module != "pyarrow")
        (problem,) = bare.problems(dataset, 1)
        assert problem.code == "dataset_library_missing"
        assert "pip install 'llem-prompts[hub]'" in problem.cure
        text = DatasetConfig(source=write(tmp_path, "a.txt", "one\n"))
        assert bare.problems(text, 1) == ()


class TestOrder:
    """What `dataset.order` does to the rows of a file of 0 to 99, each as long as its number."""

    def texts(self, folder: Path, n: int, order: str | None, seed: int = 42) -> list[str]:
        source = write(folder, "a.txt", "\n".join(f"{'.' * row}{row}" for row in range(100)))
        drawn = FilePrompts().draw(
            DatasetConfig(source=source, order=order), n, seed, ByteTokenizer()
        )
        return [prompt.text.lstrip(".") for prompt in drawn.prompts]

    def test_is_that_of_the_file_by_default(self, tmp_path: Path) -> None:
        assert self.texts(tmp_path, 3, None) == ["0", "1", "2"]

    def test_shuffled_takes_rows_from_the_whole_file_by_the_seed(self, tmp_path: Path) -> None:
        # Written down once: which rows a seed takes is to stay.
        assert self.texts(tmp_path, 4, "shuffled") == ["19", "1", "12", "9"]
        assert self.texts(tmp_path, 4, "shuffled", seed=7) != self.texts(tmp_path, 4, "shuffled")
        assert len(set(self.texts(tmp_path, 100, "shuffled"))) == 100

    def test_longest_first_sorts_the_first_rows_by_their_tokens(self, tmp_path: Path) -> None:
        assert self.texts(tmp_path, 3, "longest_first") == ["2", "1", "0"]


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
        problem = refusal(write(tmp_path, "a.docx", "one\n"))
        assert problem.code == "dataset_format_unknown"
        assert ".csv, .jsonl, .parquet, .txt" in problem.cure

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

    @pytest.mark.parametrize(
        ("content", "column"),
        [
            ('{"text": "a"}\n{"text": "b"}', "text"),
            ('{"text": "a"}\n{"prompt": "b"}', None),
            ('"a"\n"b"', None),
        ],
        ids=["one-key", "two-keys", "no-key"],
    )
    def test_it_names_the_column_that_the_prompts_came_from(
        self, tmp_path: Path, content: str, column: str | None
    ) -> None:
        dataset = DatasetConfig(source=write(tmp_path, "a.jsonl", content))
        drawn = FilePrompts().draw(dataset, 2, 0, ByteTokenizer())
        assert drawn.provenance.column == column

    def test_fetching_leaves_a_missing_file_to_pre_flight(self, tmp_path: Path) -> None:
        FilePrompts().fetch(DatasetConfig(source=str(tmp_path / "no.txt")))
