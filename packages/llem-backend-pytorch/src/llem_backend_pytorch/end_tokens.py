"""A model that names an end of its texts which its vocabulary does not have.

Generating would fail deep inside: the token fills up short prompts where the tokenizer has none for
that, and nothing else could end a text.
"""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from llem_backend_pytorch.decoding import end_ids_of
from llem_backend_pytorch.problems import unusable

GENERATION_CONFIG = "generation_config.json"


def check_end_tokens(model: str, folder: Path, config: Any, vocabulary: int) -> None:
    """Raise `UnusableModel` where an end-of-sequence id of a folder is beyond its vocabulary."""
    stated = SimpleNamespace(eos_token_id=_stated_in(folder / GENERATION_CONFIG))
    for token in end_ids_of(stated, config, None):
        if token >= vocabulary:
            raise unusable(
                "end_token_beyond_vocabulary",
                f"{model!r} ends its texts with token {token}, and its vocabulary has "
                f"{vocabulary:,} tokens",
                f"Correct eos_token_id in its config.json and {GENERATION_CONFIG}.",
            )


def _stated_in(file: Path) -> int | list[int] | None:
    """None where the file says nothing, or is not there; transformers tells what else is wrong."""
    try:
        document = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    stated = document.get("eos_token_id") if isinstance(document, dict) else None
    if isinstance(stated, list):
        return [token for token in stated if isinstance(token, int)]
    return stated if isinstance(stated, int) else None
