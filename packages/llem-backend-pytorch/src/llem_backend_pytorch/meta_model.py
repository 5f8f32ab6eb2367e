"""A model without memory: parameters with shapes and no values, on torch's meta device."""

import copy
from typing import Any

from llem_backend_pytorch.problems import first_line, unusable
from llem_backend_pytorch.quiet import quiet


def meta_model(
    config: Any, attn_implementation: str | None, trust_remote_code: bool = False
) -> Any:
    """The causal language model of a config. Takes no memory, draws no random numbers.

    Raises `UnusableModel` for a config that makes no model, an attention implementation that is
    not there among the reasons.
    """
    import torch
    from transformers import AutoModelForCausalLM

    attention = {"attn_implementation": attn_implementation} if attn_implementation else {}
    try:
        with quiet(), torch.device("meta"):
            # transformers writes into the config that it is given
            return AutoModelForCausalLM.from_config(
                copy.deepcopy(config), trust_remote_code=trust_remote_code, **attention
            )
    except Exception as error:  # each architecture fails in its own way
        if attn_implementation:
            raise unusable(
                "model_not_buildable",
                f"the model cannot be built with the attention implementation "
                f"{attn_implementation!r}: {first_line(error)}",
                "Set pytorch.attn_implementation to sdpa or eager, or install what it needs.",
            ) from error
        raise unusable(
            "model_not_buildable",
            f"the model's config makes no model: {first_line(error)}",
            "Check config.json and pytorch.model_kwargs.",
        ) from error
