"""Useful tokens of a generated row."""

from collections.abc import Container, Sequence


def useful_tokens(generated: Sequence[int], end_ids: Container[int]) -> int:
    """Tokens up to and with the first end-of-sequence token; all of them where there is none.

    What comes after it is filler that the engine computed because other rows of the batch went on.
    """
    for position, token in enumerate(generated):
        if token in end_ids:
            return position + 1
    return len(generated)
