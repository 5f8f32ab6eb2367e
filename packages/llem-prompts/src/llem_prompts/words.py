"""The words that synthetic prompts are made of."""

import random
from collections.abc import Iterator
from functools import cache
from importlib.resources import files


def words_of(*seed: object) -> Iterator[str]:
    """An endless sequence of common English words in lower case, the same for the same seed."""
    # Of Python's generators, seeding with a string and `random()` alone are promised to stay as
    # they are between versions.
    generator = random.Random("/".join(map(str, seed)))
    known = _words()
    while True:
        yield known[int(generator.random() * len(known))]


@cache
def _words() -> tuple[str, ...]:
    text = files("llem_prompts").joinpath("data", "words.txt").read_text(encoding="utf-8")
    return tuple(text.split())
