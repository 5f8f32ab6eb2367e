"""YAML files are read safely and every fault has its place."""

import contextlib
import math
from itertools import pairwise
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
        with pytest.raises(ConfigError, match="python/object/apply"):
            load_mapping(written(tmp_path, "a: !!python/object/apply:os.getcwd []\n"))

    @pytest.mark.parametrize("text", ["1: a\n", "true: a\n", "[a]: b\n", "~: a\n"])
    def test_a_key_that_is_not_text_is_refused(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ConfigError, match="is not text"):
            load_mapping(written(tmp_path, text))

    def test_a_missing_file_and_a_folder_are_told_apart(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="there is no file"):
            load_mapping(tmp_path / "none.yaml")
        with pytest.raises(ConfigError, match="is a folder"):
            load_mapping(tmp_path)

    def test_bytes_that_are_no_text_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "e.yaml"
        path.write_bytes(b"\xff\xfe\x00a")
        with pytest.raises(ConfigError, match="cannot be read") as caught:
            load_mapping(path)
        assert "UTF-8" in (caught.value.cure or "")


class TestWords:
    """Types are those of YAML 1.2's core schema."""

    @pytest.mark.parametrize(
        ("word", "value"),
        [
            *(("010", 10), ("0o10", 8), ("0x1F", 31), ("-7", -7)),
            *(("1.5e-3", 0.0015), (".5", 0.5), ("5.", 5.0), ("-.inf", -math.inf), ("1e3", 1000.0)),
            *(("~", None), ("null", None), ("", None), ("TRUE", True)),
            *(("1:30", "1:30"), ("2026-01-01", "2026-01-01"), ("=", "=")),
            *((word, word) for word in ("1_000", "1__0", "0x1_F", "1_0.5", ".5_0", "1_0e3")),
            *((word, word) for word in ("1:30.5", "-190:20:30")),
            *(("nil", "nil"), ("on", "on"), ("!!str 3", "3"), ("!!float 3", 3.0), ("'3'", "3")),
        ],
    )
    def test_have_their_types(self, tmp_path: Path, word: str, value: object) -> None:
        found = load_mapping(written(tmp_path, f"a: {word}"))["a"]
        assert (found, type(found)) == (value, type(value))

    @pytest.mark.parametrize("word", [".nan", ".NaN"])
    def test_may_be_no_number(self, tmp_path: Path, word: str) -> None:
        assert math.isnan(load_mapping(written(tmp_path, f"a: {word}"))["a"])

    @pytest.mark.parametrize(
        "value",
        [
            *("!!int foo", "!!int ''", "!!int 1_0", "!!float 1_0.5", "!!bool foo", "!!null x"),
            *("!!timestamp 2026-01-01", "!!set {a}", "!!omap [a: 1]", "!!binary aGk=", "!own x"),
            *("!!map foo", "!!seq foo", "!!int [1]", "!!str {a: 1}"),
        ],
    )
    def test_that_are_not_what_their_tag_says_are_refused(self, tmp_path: Path, value: str) -> None:
        with pytest.raises(ConfigError, match=r"is not|does not fit") as caught:
            load_mapping(written(tmp_path, f"a: {value}"))
        assert (caught.value.line, caught.value.column) == (1, 4)

    @pytest.mark.parametrize("word", ["9" * 25, "9" * 10_000, "0x" + "f" * 10_000])
    def test_of_endless_digits_are_refused(self, tmp_path: Path, word: str) -> None:
        with pytest.raises(ConfigError, match="more than 24 characters"):
            load_mapping(written(tmp_path, f"a: {word}"))

    @pytest.mark.parametrize(
        ("text", "match"),
        [
            ('a: "\\ud800"', "half a character"),
            ('{a: {"\\ud800": 1}}', "half a character"),
            ('a: "b\\0c"', "NUL"),
            ("a: b\0c", "cannot stand in YAML"),
            ('a: "\\UFFFFFFFF"', "names no character"),
            ('a: "\\U00110000"', "names no character"),
            ("a:\tb\n\tc: d", "a tab stands"),
        ],
    )
    def test_that_nothing_can_be_made_of_are_refused_at_their_place(
        self, tmp_path: Path, text: str, match: str
    ) -> None:
        with pytest.raises(ConfigError, match=match) as caught:
            load_mapping(written(tmp_path, text))
        assert caught.value.line is not None


class TestMergeKeys:
    def test_bring_what_does_not_stand_there(self, tmp_path: Path) -> None:
        text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\n"
        assert load_mapping(written(tmp_path, text))["c"] == {"x": 3, "y": 1, "z": 2}

    @pytest.mark.parametrize("text", ["<<: a", "<<: [1]", "<<:", "<<: {a: 1}\n<<: {b: 1}"])
    def test_of_something_else_than_mappings_are_refused(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ConfigError, match="<<"):
            load_mapping(written(tmp_path, text))

    def test_do_not_hide_a_key_that_stands_twice(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="stands here twice"):
            load_mapping(written(tmp_path, "<<: {a: 1, a: 2}"))


class TestBounds:
    """A file is read in a moment and in little memory, whatever it says."""

    NAMES = tuple("abcdefghij")
    LISTS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{below}'] * 10)}]\n" for below, name in pairwise(NAMES)
    )
    MERGES = "a: &a {x: 1}\n" + "".join(
        f"{name}: &{name}\n  <<: [{', '.join([f'*{below}'] * 10)}]\n"
        for below, name in pairwise(NAMES)
    )
    LONG_TEXTS = f"a: &a {'x' * 1000}\nb: [{'*a, ' * 300}]\n"

    @pytest.mark.parametrize("text", [LISTS, MERGES, LONG_TEXTS], ids=["lists", "merges", "texts"])
    def test_hold_for_what_aliases_make_of_it(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ConfigError, match="holds more than 262,144 characters"):
            load_mapping(written(tmp_path, text))

    @pytest.mark.parametrize(
        "text", ["a: &a {b: *a}", "a: &a [*a]", "&a {b: *a}", "? &a [*a]\n: 1", "&a {<<: *a}"]
    )
    def test_exclude_what_holds_itself(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ConfigError, match="stands inside of what it names"):
            load_mapping(written(tmp_path, text))

    @pytest.mark.parametrize(
        "text",
        [
            "a: " + "[" * 65 + "]" * 65,
            "a: " + "[" * 100_000,
            "a: " + "{a: " * 65,
            "\n".join(f"{' ' * level}a:" for level in range(66)),
            "".join(f"- &a{i + 1} [*a{i}]\n" if i else "- &a1 [x]\n" for i in range(70)),
        ],
        ids=["lists", "unclosed", "mappings", "block", "aliases"],
    )
    def test_hold_for_levels(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ConfigError, match="more than 64 levels"):
            load_mapping(written(tmp_path, text))

    def test_leave_room_for_what_is_written(self, tmp_path: Path) -> None:
        text = f"a: {'[' * 60}{']' * 60}\nb: &b {'x' * 100_000}\nc: *b\n"
        found = load_mapping(written(tmp_path, text))
        assert found["c"] == found["b"]

    @pytest.mark.parametrize("kind", ["large", "endless"])
    def test_hold_for_the_file(self, tmp_path: Path, kind: str) -> None:
        endless = Path("/dev/zero")
        path = endless if kind == "endless" else written(tmp_path, "#" * 300_000)
        with pytest.raises(ConfigError, match="is larger than a configuration can be"):
            load_mapping(path)


class TestParseScalar:
    @pytest.mark.parametrize(
        ("text", "value"),
        [("3", 3), ("0.5", 0.5), ("true", True), ("gpt2", "gpt2"), ("[1, 2]", [1, 2]), ("", None)],
    )
    def test_a_value_is_read_as_in_a_file(self, text: str, value: object) -> None:
        assert parse_scalar(text, what="x") == value

    def test_what_is_no_yaml_is_refused_by_what_it_is(self) -> None:
        with pytest.raises(ConfigError, match=r"^the value of n: expected .*") as caught:
            parse_scalar("[1", what="the value of n")
        assert "quotes" in (caught.value.cure or "")

    def test_what_is_wrong_is_told_without_all_of_the_text(self) -> None:
        with pytest.raises(ConfigError) as caught:
            parse_scalar(f"!!int {'x' * 10_000}", what="x")
        assert len(str(caught.value)) < 300

    @given(st.text(max_size=40))
    def test_any_text_is_a_value_or_a_config_error(self, text: str) -> None:
        with contextlib.suppress(ConfigError):
            parse_scalar(text, what="x")
