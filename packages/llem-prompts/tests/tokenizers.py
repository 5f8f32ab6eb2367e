"""Tokenizers small enough to reckon with."""

from collections.abc import Sequence


class ByteTokenizer:
    """One token per byte of UTF-8."""

    def encode(self, text: str) -> list[int]:
        return list(text.encode("utf-8"))

    def decode(self, token_ids: Sequence[int]) -> str:
        return bytes(token_ids).decode("utf-8")


class DeafTokenizer(ByteTokenizer):
    """Knows no character of the texts that hold one word, and gives no token for them."""

    def __init__(self, unknown: str) -> None:
        self.unknown = unknown

    def encode(self, text: str) -> list[int]:
        return [] if self.unknown in text else super().encode(text)
