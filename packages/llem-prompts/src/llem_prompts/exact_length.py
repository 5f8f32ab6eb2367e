"""Texts that a tokenizer turns into exactly so many tokens.

Nothing is assumed of the tokenizer but that more words rarely have fewer tokens: every length is
that of the whole text, encoded as the model is fed it.

    words      w1 w2 w3 ... wk | wk+1       the most words that do not exceed the length
    an ending  w1 w2 w3 ... wk se           a part of a word, or a glued character, fills the rest
"""

from collections.abc import Callable, Iterator
from itertools import islice
from string import ascii_lowercase, digits

from llem_contracts import Prompt

Encode = Callable[[str], list[int]]

_CHARACTERS = ascii_lowercase + digits + ".,!?;:"
"""Each is one more token for a tokenizer of bytes or characters, and often for others."""
_OTHER_WORDS = 8
"""Words whose beginnings are tried as the end of a text."""
_MOST_WORDS_PER_TOKEN = 64


def exact_text(
    opening: str, joint: str, length: int, words: Iterator[str], encode: Encode
) -> Prompt | None:
    """`opening`, then `joint`, then words and perhaps a part of one, in `length` tokens together.

    The joint is left out where no words follow. None where no ending of these words was found that
    fits, or where the opening is longer already.
    """
    drawn: list[str] = []

    def text(count: int) -> str:
        drawn.extend(islice(words, max(0, count - len(drawn))))
        return opening + joint + " ".join(drawn[:count]) if count else opening

    low, low_length = 0, len(encode(opening))
    if low_length >= length:
        return _if_exact(opening, length, encode)
    high = length - low_length
    high_length = len(encode(text(high)))
    while high_length < length:
        if high > _MOST_WORDS_PER_TOKEN * length:
            return None
        low, low_length, high = high, high_length, 2 * high
        high_length = len(encode(text(high)))
    while high_length > length and high - low > 1:
        share = (length - low_length) / (high_length - low_length)
        middle = min(max(low + int(share * (high - low)), low + 1), high - 1)
        middle_length = len(encode(text(middle)))
        if middle_length < length:
            low, low_length = middle, middle_length
        else:
            high, high_length = middle, middle_length
    if high_length == length:
        return _if_exact(text(high), length, encode)
    endings = _endings(" " if low else joint, length - low_length, words)
    tried = (_if_exact(text(low) + ending, length, encode) for ending in endings)
    return next((prompt for prompt in tried if prompt is not None), None)


def _endings(joint: str, missing: int, words: Iterator[str]) -> Iterator[str]:
    """What may be put behind a text that lacks so many tokens, and less than a word."""
    if missing == 1:
        start = _CHARACTERS.index(next(words)[0])
        yield from _CHARACTERS[start:] + _CHARACTERS[:start]
    for word in islice(words, _OTHER_WORDS):
        yield from (joint + word[: cut + 1] for cut in range(len(word)))


def _if_exact(text: str, length: int, encode: Encode) -> Prompt | None:
    token_ids = tuple(encode(text))
    return Prompt(text=text, token_ids=token_ids) if len(token_ids) == length else None
