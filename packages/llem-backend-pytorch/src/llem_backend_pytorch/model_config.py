"""A model's config, as transformers reads it, and whether it is a causal language model."""

import json
from pathlib import Path
from typing import Any

from llem_backend_pytorch.builtin import builtin_config
from llem_backend_pytorch.problems import first_line, unusable


def read_model_config(
    model: str,
    folder: Path | None,
    model_kwargs: dict[str, Any],
    trust_remote_code: bool = False,
) -> tuple[Any, dict[str, Any]]:
    """The config with those `model_kwargs` applied that are part of it, and the other ones.

    `folder` is None for a built-in model. With `trust_remote_code` the code of the model's own
    repository is run where its config asks for that, and no other repository's. Raises
    `UnusableModel` for what cannot be read, is of an unknown architecture, or is no causal language
    model.
    """
    if folder is None:
        return builtin_config(model, model_kwargs)

    from transformers import AutoConfig

    _check_architecture(model, folder, trust_remote_code)
    try:
        config, unused = AutoConfig.from_pretrained(
            folder,
            trust_remote_code=trust_remote_code,
            local_files_only=True,
            return_unused_kwargs=True,
            **model_kwargs,
        )
    except Exception as error:  # each config class validates in its own way
        raise _unreadable(model, first_line(error)) from error
    _check_causal(model, config, trust_remote_code)
    return config, unused


def _check_architecture(model: str, folder: Path, trust_remote_code: bool) -> None:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    try:
        stated = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(model, first_line(error)) from error
    model_type = stated.get("model_type") if isinstance(stated, dict) else None
    if not isinstance(model_type, str):
        raise _unreadable(model, "it states no model_type")
    if trust_remote_code:
        _check_own_code(model, stated.get("auto_map"))
        _check_own_code(model, _tokenizer_code(folder))
        if "auto_map" in stated:
            return
    if model_type in CONFIG_MAPPING_NAMES:
        return
    if "auto_map" in stated:
        raise unusable(
            "remote_code",
            f"the model {model!r} needs code from its own repository, which is not run unless you "
            "ask for it",
            "Take a model of an architecture that transformers brings, or read that code and set "
            "pytorch.trust_remote_code to true.",
        )
    raise unusable(
        "unknown_architecture",
        f"the model {model!r} has the architecture {model_type!r}, which the installed "
        "transformers does not know",
        "Update transformers, or take a model of a known architecture.",
    )


def _tokenizer_code(folder: Path) -> Any:
    try:
        stated = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return stated.get("auto_map") if isinstance(stated, dict) else None


def _check_own_code(model: str, auto_map: Any) -> None:
    """A reference `owner/name--file.Class` is to another repository, which nobody has named."""
    places = auto_map.values() if isinstance(auto_map, dict) else ()
    elsewhere = next((place for place in places if "--" in str(place)), None)
    if elsewhere is not None:
        raise unusable(
            "remote_code",
            f"the model {model!r} needs code from another repository, "
            f"{str(elsewhere).partition('--')[0]!r}, which is never run",
            "Copy that code into the model's folder and name it in its config.json.",
        )


def _check_causal(model: str, config: Any, trust_remote_code: bool) -> None:
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING,
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    )

    if trust_remote_code and "AutoModelForCausalLM" in (getattr(config, "auto_map", None) or {}):
        return
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
