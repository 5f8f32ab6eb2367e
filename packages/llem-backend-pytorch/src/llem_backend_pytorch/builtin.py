"""Models made on the spot: public shapes with dummy weights, no network.

`builtin_models.json` holds them: what of a model's public config decides on its arithmetic and its
memory, by the names of transformers. The byte tokenizer uses 258 ids of each vocabulary.
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from llem_backend_pytorch.byte_tokenizer import END_ID, PAD_ID
from llem_backend_pytorch.problems import unusable

PREFIX = "builtin:"

_TOKEN_IDS = {"bos_token_id": None, "eos_token_id": END_ID, "pad_token_id": PAD_ID}


@dataclass(frozen=True)
class BuiltinModel:
    """A shape by the names that transformers gives its parts."""

    model_type: str
    source: str
    """Where the dimensions were published."""
    settings: Mapping[str, Any]


def _read() -> dict[str, BuiltinModel]:
    text = files("llem_backend_pytorch").joinpath("builtin_models.json").read_text("utf-8")
    return {name: BuiltinModel(**fields) for name, fields in json.loads(text).items()}


BUILTIN_MODELS: Mapping[str, BuiltinModel] = _read()


def builtin_model(model: str) -> BuiltinModel:
    """The shape behind `builtin:NAME`. Raises `BackendError`, with the nearest name."""
    name = model.removeprefix(PREFIX)
    if name in BUILTIN_MODELS:
        return BUILTIN_MODELS[name]
    near = difflib.get_close_matches(name.lower(), BUILTIN_MODELS, n=1)
    known = ", ".join(PREFIX + name for name in BUILTIN_MODELS)
    raise unusable(
        "unknown_builtin",
        f"there is no built-in model {model!r}",
        f"Did you mean {PREFIX}{near[0]}?" if near else f"Take one of {known}.",
    )


def builtin_config(model: str, overrides: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The transformers config of a built-in model, and the overrides that are no part of it."""
    from transformers import CONFIG_MAPPING

    shape = builtin_model(model)
    config, unused = CONFIG_MAPPING[shape.model_type].from_dict(
        {**shape.settings, **_TOKEN_IDS}, return_unused_kwargs=True, **overrides
    )
    return config, dict(unused)
