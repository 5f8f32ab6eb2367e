"""The model's tokenizer, as the contract asks for it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llem_backend_pytorch.byte_tokenizer import PAD_ID, byte_tokenizer
from llem_backend_pytorch.problems import UnusableModel, first_line, unusable

_TEMPLATES = (
    "chat_template.jinja",
    "chat_template.json",
    "additional_chat_templates",
    "tekken.json",
)
"""Where a template may stand beside `tokenizer_config.json`."""


class ModelTokenizer:
    """Text to the ids that the model is fed, special tokens included, and back."""

    def __init__(self, tokenizer: Any, *, chat_template: bool = False) -> None:
        """`chat_template`: a text is what a user says, and the template puts it into the form in
        which the model knows a chat, with the beginning of its answer. The template writes the
        special tokens itself."""
        self._tokenizer = tokenizer
        self._chat_template = chat_template

    def encode(self, text: str) -> list[int]:
        """Token ids. Long texts are not cut: their length is checked when they are generated."""
        special = True
        if self._chat_template:
            said = [{"role": "user", "content": text}]
            text = self._tokenizer.apply_chat_template(
                said, tokenize=False, add_generation_prompt=True
            )
            special = False
        encoded = self._tokenizer(text, add_special_tokens=special, verbose=False)
        return [int(token) for token in encoded["input_ids"]]

    def decode(self, token_ids: Sequence[int]) -> str:
        """Text of the ids; ids without a token give nothing."""
        return str(self._tokenizer.decode(list(token_ids)))


def require_template(tokenizer: Any, model: str) -> None:
    """Raise `UnusableModel` where a tokenizer has no chat template."""
    if not tokenizer.chat_template:
        raise _without_template(model)


def require_template_in(folder: Path, model: str, *, tokenizer: bool) -> None:
    """The same by the files of a folder, before anything is loaded. Files that are not there yet,
    or that another library reads, tell nothing; `tokenizer`: whether there will be one."""
    if not tokenizer:
        raise _without_template(model)
    try:
        stated = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if "chat_template" in stated or any((folder / name).exists() for name in _TEMPLATES):
        return
    raise _without_template(model)


def _without_template(model: str) -> UnusableModel:
    return unusable(
        "no_chat_template",
        f"pytorch.chat_template is on and the tokenizer of {model!r} has no template",
        "Leave pytorch.chat_template out, or take a model that was made for chats.",
    )


def load_tokenizer(model: str, folder: Path | None, trust_remote_code: bool = False) -> Any:
    """The transformers tokenizer of a folder, or the byte-level one. Raises `UnusableModel`."""
    if folder is None:
        return byte_tokenizer()
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(
            folder,
            padding_side="left",
            trust_remote_code=trust_remote_code,
            local_files_only=True,
        )
    except Exception as error:  # each tokenizer class fails in its own way
        raise unusable(
            "no_tokenizer",
            f"the tokenizer of {model!r} cannot be loaded: {first_line(error)}",
            "Save the tokenizer into the model's folder again, or install what it needs.",
        ) from error


def no_tokenizer(model: str) -> UnusableModel:
    """The problem of weights that come without a tokenizer."""
    return unusable(
        "no_tokenizer",
        f"{model!r} holds no tokenizer",
        "Save the tokenizer into the same folder with save_pretrained; download a model of the hub "
        "into a folder for that.",
    )


def check_room_for_bytes(model: str, vocabulary: int) -> None:
    """Raise `UnusableModel` where the byte-level tokenizer has ids beyond the vocabulary."""
    if vocabulary <= PAD_ID:
        raise unusable(
            "no_tokenizer",
            f"{model!r} holds no tokenizer, and its vocabulary of {vocabulary} has no room for one "
            "token per byte",
            "Save the tokenizer into the same folder with save_pretrained.",
        )
