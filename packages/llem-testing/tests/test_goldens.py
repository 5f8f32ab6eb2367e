from pathlib import Path

import pytest
from llem_schema import FrozenDict, FrozenList, Model
from llem_testing.goldens import golden_documents, golden_files, unseen_keys


class Part(Model):
    """A part."""

    size: int | None


class Whole(Model):
    """Something with parts of every kind."""

    one: Part | str
    several: FrozenList[Part]
    named: FrozenDict[str, Part]


class TestUnseenKeys:
    def test_are_all_without_documents(self) -> None:
        assert unseen_keys(Whole, []) == (
            "one", "one.size", "several", "several.*.size", "named", "named.*.size",
        )  # fmt: skip

    def test_are_those_that_are_none_or_not_there_in_every_document(self) -> None:
        documents = [
            {"one": "text", "several": [], "named": {"a": {"size": 1}}},
            {"one": {"size": None}, "several": [{"size": None}, {"size": 2}]},
        ]
        assert unseen_keys(Whole, documents) == ("one.size",)


class TestGoldenFiles:
    def test_are_found_in_all_versions(self, tmp_path: Path) -> None:
        for name in ("v1/full.json", "v2/full.json", "v2/stream.jsonl", "v2/notes.md"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text('{"a": 1}\n{"a": 2}\n' if "jsonl" in name else '{"a": 0}')
        assert [file.relative_to(tmp_path).as_posix() for file in golden_files(tmp_path)] == [
            "v1/full.json", "v2/full.json", "v2/stream.jsonl",
        ]  # fmt: skip
        assert golden_documents(tmp_path) == [{"a": 0}, {"a": 0}, {"a": 1}, {"a": 2}]

    def test_that_are_not_there_are_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="no goldens"):
            golden_files(tmp_path)
