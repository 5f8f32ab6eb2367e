"""Text as bytes."""

from collections.abc import Sequence


class ByteTokenizer:
    """A `Tokenizer` whose tokens are the bytes of UTF-8; no special tokens."""

    def encode(self, text: str) -> list[int]:
        return list(text.encode())

    def decode(self, token_ids: Sequence[int]) -> str:
        return bytes(token_ids).decode(errors="replace")
