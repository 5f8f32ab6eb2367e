"""A model's config, as transformers reads it, and whether it is a causal language model."""

import json
from pathlib import Path
from typing import Any

from llem_backend_pytorch.builtin import builtin_config
from llem_backend_pytorch.problems import first_line, unusable


def read_model_config(
    model: str, folder: Path | None, model_kwargs: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The config with those `model_kwargs` applied that are part of it, and the other ones.

    `folder` is None for a built-in model. Raises `UnusableModel` for what cannot be read, is of an
    unknown architecture, or is no causal language model.
    """
    if folder is None:
        return builtin_config(model, model_kwargs)

    from transformers import AutoConfig

    _check_architecture(model, folder)
    try:
        config, unused = AutoConfig.from_pretrained(
            folder,
            trust_remote_code=False,
            local_files_only=True,
            return_unused_kwargs=True,
            **model_kwargs,
        )
    except Exception as error:  # each config class validates in its own way
        raise _unreadable(model, first_line(error)) from error
    _check_causal(model, config)
    return config, unused


def _check_architecture(model: str, folder: Path) -> None:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    try:
        stated = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(model, first_line(error)) from error
    model_type = stated.get("model_type") if isinstance(stated, dict) else None
    if not isinstance(model_type, str):
        raise _unreadable(model, "it states no model_type")
    if model_type in CONFIG_MAPPING_NAMES:
        return
    if "auto_map" in stated:
        raise unusable(
            "remote_code",
            f"the model {model!r} needs code from its own repository, which is never run",
            "Take a model of an architecture that transformers brings.",
        )
    raise unusable(
        "unknown_architecture",
        f"the model {model!r} has the architecture {model_type!r}, which the installed "
        "transformers does not know",
        "Update transformers, or take a model of a known architecture.",
    )


def _check_causal(model: str, config: Any) -> None:
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING,
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    )

    heads = set(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values())
    stated = tuple(config.architectures or ())
    if (
        type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING
        or config.is_encoder_decoder
        or (stated and not heads.intersection(stated))
    ):
        raise unusable(
            "not_a_causal_lm",
            f"the model {model!r} ({', '.join(stated) or config.model_type}) is no causal "
            "language model",
            "Take a decoder-only text model.",
        )


def _unreadable(model: str, why: str) -> Exception:
    return unusable(
        "unreadable_model_config",
        f"the config.json of {model!r} cannot be used: {why}",
        "Copy or download the checkpoint again.",
    )
