"""The splits of a hub dataset, from the names of its Parquet files.

data/train-00000-of-00002.parquet            train
data/train-00000-of-00001-a09b74b3ef9c.parquet  train        (as `datasets` once named them)
main/test-00000-of-00001.parquet             main/test
default/train/0000.parquet                   train           (the converted branch)
train.parquet                                train
"""

import difflib
import re
from collections.abc import Iterable, Mapping

from llem_prompts.texts import DatasetError

_SHARD = re.compile(r"(?P<split>.+?)-(?P<number>\d+)-of-(?P<count>\d+)(-[0-9a-f]+)?")
_NO_CONFIGURATION = ("", "data", "default")

Splits = Mapping[str, tuple[str, ...]]
"""Parquet files by split, in order; `configuration/split` where there are configurations."""


def splits_of(files: Iterable[str]) -> Splits:
    """The splits that files of a repository make up; other files count for nothing."""
    found: dict[str, list[str]] = {}
    for file in sorted(files):
        if file.endswith(".parquet"):
            found.setdefault(_split_of(file), []).append(file)
    return {split: tuple(names) for split, names in found.items()}


def whole(files: tuple[str, ...]) -> bool:
    """Whether no file of a split is missing, as far as names tell: numbers begin at 0, and where
    they say how many there are, there are as many."""
    shard = _SHARD.fullmatch(_stem(files[0]))
    if shard is not None:
        return len(files) == int(shard["count"])
    return not _stem(files[0]).isdigit() or int(_stem(files[0])) == 0


def chosen_split(splits: Splits, wanted: str | None, dataset: str) -> str:
    """The key of the wanted split; by default that of `train`, else the only one.

    A configuration may be left out where one alone has the split. Raises `DatasetError`.
    """
    sought = wanted or "train"
    if sought in splits:
        return sought
    inner = [split for split in splits if split.rpartition("/")[2] == sought]
    if len(inner) == 1:
        return inner[0]
    if wanted is None and len(splits) == 1:
        return next(iter(splits))
    near = difflib.get_close_matches(sought, splits, n=1) if wanted is not None else []
    which = f"several splits {sought!r}" if inner else f"no split {sought!r}"
    raise DatasetError(
        "dataset_split_missing",
        f"the dataset {dataset} has {which}; it has {', '.join(splits)}",
        cure=f"{f'Did you mean {near[0]!r}? ' if near else ''}Name one of them in `dataset.split`.",
    )


def _split_of(file: str) -> str:
    folders, _, _ = file.rpartition("/")
    stem = _stem(file)
    if stem.isdigit() and folders:
        folders, _, split = folders.rpartition("/")
    else:
        shard = _SHARD.fullmatch(stem)
        split = shard["split"] if shard is not None else stem
    return split if folders in _NO_CONFIGURATION else f"{folders}/{split}"


def _stem(file: str) -> str:
    return file.rpartition("/")[2].removesuffix(".parquet")
