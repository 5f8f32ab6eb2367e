"""Weights into memory."""

from pathlib import Path
from typing import Any

from llem_schema import Precision

from llem_backend_pytorch.dummy_weights import dummy_weights
from llem_backend_pytorch.meta_model import meta_model
from llem_backend_pytorch.problems import first_line, unusable
from llem_backend_pytorch.settings import Settings

_DTYPES: dict[Precision, str] = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}


def load_weights(
    model: str,
    folder: Path | None,
    model_config: Any,
    precision: Precision,
    settings: Settings,
    load_arguments: dict[str, Any],
) -> Any:
    """The model on the host, in the given precision, in evaluation mode.

    `folder` is None for a built-in model, which gets dummy weights. `load_arguments` go to
    `from_pretrained` as they stand. Raises `UnusableModel`, also for a checkpoint that lacks
    weights, which transformers would fill with random numbers.
    """
    import torch
    from transformers import AutoModelForCausalLM

    arguments: dict[str, Any] = {
        **load_arguments,
        "config": model_config,
        "dtype": getattr(torch, _DTYPES[precision]),
        "output_loading_info": True,
    }
    if settings.attn_implementation is not None:
        arguments["attn_implementation"] = settings.attn_implementation
    try:
        if folder is None:
            hollow = meta_model(model_config, settings.attn_implementation)
            weights = dummy_weights(hollow.named_parameters())
            loaded, report = type(hollow).from_pretrained(None, state_dict=weights, **arguments)
        else:
            loaded, report = AutoModelForCausalLM.from_pretrained(
                folder, trust_remote_code=False, local_files_only=True, **arguments
            )
    except Exception as error:  # each architecture and file format fails in its own way
        raise _not_loaded(model, first_line(error), load_arguments) from error
    _check_complete(model, report)
    return loaded.eval()


def _check_complete(model: str, report: dict[str, Any]) -> None:
    missing = sorted(map(str, report.get("missing_keys") or ()))
    if missing:
        raise unusable(
            "no_weights",
            f"the checkpoint of {model!r} lacks {len(missing)} of the model's weights, "
            f"{missing[0]} among them",
            "Copy or download the checkpoint again, or check that its config.json belongs to it.",
        )


def _not_loaded(model: str, why: str, load_arguments: dict[str, Any]) -> Exception:
    hint = " and pytorch.model_kwargs" if load_arguments else ""
    return unusable(
        "model_not_loadable",
        f"the model {model!r} cannot be loaded: {why}",
        f"Check the checkpoint{hint}.",
    )
