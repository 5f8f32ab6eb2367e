"""The model's tokenizer, as the contract asks for it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llem_backend_pytorch.byte_tokenizer import byte_tokenizer
from llem_backend_pytorch.problems import first_line, unusable


class ModelTokenizer:
    """Text to the ids that the model is fed, special tokens included, and back."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def encode(self, text: str) -> list[int]:
        """Token ids. Long texts are not cut: their length is checked when they are generated."""
        return [int(token) for token in self._tokenizer(text, verbose=False)["input_ids"]]

    def decode(self, token_ids: Sequence[int]) -> str:
        """Text of the ids; ids without a token give nothing."""
        return str(self._tokenizer.decode(list(token_ids)))


def load_tokenizer(model: str, folder: Path | None) -> Any:
    """The transformers tokenizer of a folder, or the byte-level one. Raises `UnusableModel`."""
    if folder is None:
        return byte_tokenizer()
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(
            folder, padding_side="left", trust_remote_code=False, local_files_only=True
        )
    except Exception as error:  # each tokenizer class fails in its own way
        raise unusable(
            "no_tokenizer",
            f"the tokenizer of {model!r} cannot be loaded: {first_line(error)}",
            "Save the tokenizer into the model's folder again, or install what it needs.",
        ) from error
