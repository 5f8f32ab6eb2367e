"""Splits are read off the names of Parquet files."""

import pytest
from hypothesis import given, strategies as st
from llem_contracts import ConfigError
from llem_prompts.hub_splits import chosen_split, splits_of, whole

NAME = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8).filter(
    lambda name: name not in ("data", "default")
)


class TestNames:
    @pytest.mark.parametrize(
        ("file", "split"),
        [
            ("data/train-00000-of-00001.parquet", "train"),
            ("data/test_sft-00003-of-00012.parquet", "test_sft"),
            ("data/train-00000-of-00001-a09b74b3ef9c3b56.parquet", "train"),
            ("main/test-00000-of-00001.parquet", "main/test"),
            ("default/train/0000.parquet", "train"),
            ("socratic/partial-train/0007.parquet", "socratic/partial-train"),
            ("train.parquet", "train"),
            ("0000.parquet", "0000"),
            ("data/en/validation-00000-of-00001.parquet", "data/en/validation"),
        ],
    )
    def test_say_which_split_a_file_belongs_to(self, file: str, split: str) -> None:
        assert splits_of([file]) == {split: (file,)}

    def test_of_other_files_say_nothing(self) -> None:
        assert splits_of(["README.md", "data/train.csv", ".gitattributes"]) == {}

    @given(NAME, NAME, st.integers(1, 30))
    def test_of_the_shards_of_a_split_make_one(self, folder: str, split: str, count: int) -> None:
        shards = [f"{folder}/{split}-{i:05d}-of-{count:05d}.parquet" for i in range(count)]
        (files,) = splits_of(reversed(shards)).values()
        assert files == tuple(shards)
        assert whole(files)
        assert count == 1 or not whole(files[:-1])
        assert count == 1 or not whole(files[1:])

    def test_of_shards_with_a_hash_make_one(self) -> None:
        shards = [f"data/train-0000{i}-of-00002-{hash}.parquet" for i, hash in enumerate("ab")]
        assert splits_of(shards) == {"train": tuple(shards)}
        assert whole(tuple(shards))
        assert not whole(tuple(shards[:1]))

    def test_without_a_count_need_the_first_file(self) -> None:
        assert whole(("a/train/0000.parquet", "a/train/0001.parquet"))
        assert not whole(("a/train/0001.parquet",))
        assert whole(("train.parquet",))


class TestChoice:
    @pytest.mark.parametrize(
        ("splits", "wanted", "chosen"),
        [
            (["test", "train"], None, "train"),
            (["test"], None, "test"),
            (["test", "train"], "test", "test"),
            (["plain/test", "plain/train"], None, "plain/train"),
            (["main/test", "socratic/test"], "socratic/test", "socratic/test"),
            (["main/test", "socratic/validation"], "test", "main/test"),
        ],
    )
    def test_is_train_or_the_only_one_or_the_one_named(
        self, splits: list[str], wanted: str | None, chosen: str
    ) -> None:
        assert chosen_split(dict.fromkeys(splits, ("f",)), wanted, "a/b") == chosen

    @pytest.mark.parametrize(
        ("splits", "wanted", "words", "cure"),
        [
            (["test", "validation"], None, "no split 'train'; it has test, validation", "Name"),
            (["test", "train"], "tets", "no split 'tets'", "Did you mean 'test'?"),
            (["main/train", "socratic/train"], None, "several splits 'train'", "Name"),
            (["main/test", "socratic/test"], "test", "several splits 'test'", "main/test"),
        ],
        ids=["no-train", "misspelt", "no-configuration", "two-configurations"],
    )
    def test_that_cannot_be_made_names_the_splits(
        self, splits: list[str], wanted: str | None, words: str, cure: str
    ) -> None:
        with pytest.raises(ConfigError) as caught:
            chosen_split(dict.fromkeys(splits, ("f",)), wanted, "a/b")
        assert words in str(caught.value)
        assert all(split in str(caught.value) for split in splits)
        assert caught.value.cure is not None
        assert cure in caught.value.cure
