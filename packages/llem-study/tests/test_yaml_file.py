"""YAML files are read safely and every fault has its place."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from llem_contracts import ConfigError
from llem_study.yaml_file import load_mapping, parse_scalar


def written(folder: Path, text: str) -> Path:
    path = folder / "experiment.yaml"
    path.write_text(text, encoding="utf-8")
    return path


class TestLoadMapping:
    def test_nested_values_come_with_their_types(self, tmp_path: Path) -> None:
        path = written(tmp_path, "model: gpt2\nn: 3\npytorch: {batch_size: 8}\n")
        assert load_mapping(path) == {"model": "gpt2", "n": 3, "pytorch": {"batch_size": 8}}

    def test_an_exponent_without_a_dot_is_a_number(self, tmp_path: Path) -> None:
        assert load_mapping(written(tmp_path, "a: 1e-3"))["a"] == 0.001

    @pytest.mark.parametrize("word", ["off", "on", "yes", "no", "Off", "NO"])
    def test_words_are_words_and_no_truth_values(self, tmp_path: Path, word: str) -> None:
        assert load_mapping(written(tmp_path, f"thermal: {word}")) == {"thermal": word}

    def test_true_and_false_are_truth_values(self, tmp_path: Path) -> None:
        assert load_mapping(written(tmp_path, "a: true\nb: False")) == {"a": True, "b": False}

    def test_an_empty_file_is_an_empty_mapping(self, tmp_path: Path) -> None:
        assert load_mapping(written(tmp_path, "# nothing\n")) == {}

    @pytest.mark.parametrize(
        "text", ["a: 1\na: 2\n", "x:\n  a: 1\n  a: 2\n", "x: [{a: 1, a: 2}]\n"]
    )
    def test_a_key_that_stands_twice_is_refused(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ConfigError, match=r"'a' stands here twice"):
            load_mapping(written(tmp_path, text))

    def test_a_syntax_error_has_file_line_and_column(self, tmp_path: Path) -> None:
        path = written(tmp_path, "model: gpt2\nn: [1,\n")
        with pytest.raises(ConfigError) as caught:
            load_mapping(path)
        assert (caught.value.file, caught.value.line) == (str(path), 3)
        assert caught.value.column is not None
        assert str(caught.value).startswith(f"{path}:3:")

    @pytest.mark.parametrize("text", ["- 1\n", "just text\n", "3\n"])
    def test_something_else_than_a_mapping_is_refused(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ConfigError, match="where keys with values belong"):
            load_mapping(written(tmp_path, text))

    def test_objects_of_the_language_are_not_made(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError):
            load_mapping(written(tmp_path, "a: !!python/object/apply:os.getcwd []\n"))

    @pytest.mark.parametrize("text", ["1: a\n", "true: a\n", "[a]: b\n"])
    def test_a_key_that_is_not_text_is_refused(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ConfigError):
            load_mapping(written(tmp_path, text))

    def test_a_missing_file_and_a_folder_are_told_apart(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="there is no file"):
            load_mapping(tmp_path / "none.yaml")
        with pytest.raises(ConfigError, match="is a folder"):
            load_mapping(tmp_path)

    def test_bytes_that_are_no_text_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "e.yaml"
        path.write_bytes(b"\xff\xfe\x00a")
        with pytest.raises(ConfigError, match="cannot be read"):
            load_mapping(path)


class TestParseScalar:
    @pytest.mark.parametrize(
        ("text", "value"),
        [("3", 3), ("0.5", 0.5), ("true", True), ("gpt2", "gpt2"), ("[1, 2]", [1, 2]), ("", None)],
    )
    def test_a_value_is_read_as_in_a_file(self, text: str, value: object) -> None:
        assert parse_scalar(text, what="x") == value

    @given(st.text(max_size=40))
    def test_any_text_is_a_value_or_a_config_error(self, text: str) -> None:
        with contextlib.suppress(ConfigError):
            parse_scalar(text, what="x")
