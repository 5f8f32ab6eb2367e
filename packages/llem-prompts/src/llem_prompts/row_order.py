"""Which rows of a dataset are taken, and in what order."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def rows_taken(rows: Sequence[T], n: int, order: str | None, random_seed: int) -> list[T]:
    """The first `n` rows as they stand, or `n` of all rows drawn without repetition where the
    order is `shuffled`. Fewer are always the first of more; where there are not enough, all.
    """
    if order != "shuffled":
        return list(rows[:n])
    # `random()` alone is promised to give the same numbers in every version of Python.
    generator = random.Random(random_seed)
    ranks = [generator.random() for _ in rows]
    return [rows[index] for index in sorted(range(len(rows)), key=ranks.__getitem__)[:n]]
