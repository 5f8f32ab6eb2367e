"""Models made on the spot: public shapes with dummy weights, no network."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llem_backend_pytorch.byte_tokenizer import END_ID, PAD_ID
from llem_backend_pytorch.problems import unusable

PREFIX = "builtin:"

_TOKEN_IDS = {"bos_token_id": None, "eos_token_id": END_ID, "pad_token_id": PAD_ID}


@dataclass(frozen=True)
class BuiltinModel:
    """A shape by the names that transformers gives its parts."""

    model_type: str
    settings: Mapping[str, Any]
    source: str


BUILTIN_MODELS: Mapping[str, BuiltinModel] = {
    "tiny": BuiltinModel(
        model_type="llama",
        settings={
            "vocab_size": 320,
            "hidden_size": 128,
            "intermediate_size": 352,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "max_position_embeddings": 32768,
            **_TOKEN_IDS,
        },
        source="0.48 M parameters in the proportions of Llama, vocabulary of a byte tokenizer",
    ),
    "gpt2": BuiltinModel(
        model_type="gpt2",
        settings={
            "vocab_size": 50257,
            "n_positions": 1024,
            "n_embd": 768,
            "n_layer": 12,
            "n_head": 12,
            **_TOKEN_IDS,
        },
        source="Radford et al. 2019, Language Models are Unsupervised Multitask Learners, 124 M; "
        "the tokenizer uses 258 ids of the public vocabulary",
    ),
}


def builtin_model(model: str) -> BuiltinModel:
    """The shape behind `builtin:NAME`. Raises `BackendError`, with the nearest name."""
    name = model.removeprefix(PREFIX)
    if name in BUILTIN_MODELS:
        return BUILTIN_MODELS[name]
    near = difflib.get_close_matches(name, BUILTIN_MODELS, n=1)
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
        dict(shape.settings), return_unused_kwargs=True, **overrides
    )
    return config, dict(unused)
