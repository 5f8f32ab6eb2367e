"""What `from_pretrained` is handed beside the checkpoint: from the config alone."""

from typing import Any

from llem_schema import Precision

from llem_backend_pytorch.quantization import bitsandbytes_arguments
from llem_backend_pytorch.settings import DTYPES, Settings


def load_arguments(
    precision: Precision, settings: Settings, device: str, extra: dict[str, Any]
) -> dict[str, Any]:
    """Keyword arguments of `from_pretrained`.

    `device` is the one for the whole model where no map spreads it. `extra` are those of
    `pytorch.model_kwargs` that are no part of the model's config; they go on as they stand.
    """
    import torch
    from transformers import BitsAndBytesConfig

    arguments: dict[str, Any] = {
        **extra,
        "dtype": getattr(torch, DTYPES[precision]),
        "trust_remote_code": settings.trust_remote_code,
        "local_files_only": True,
        "output_loading_info": True,
    }
    if settings.attn_implementation is not None:
        arguments["attn_implementation"] = settings.attn_implementation
    if settings.device_map is not None:
        arguments["device_map"] = settings.device_map
    if settings.tp_plan is not None:
        from transformers.distributed import DistributedConfig

        arguments["distributed_config"] = DistributedConfig(tp_plan=settings.tp_plan)
    if settings.quantization is not None:
        arguments["quantization_config"] = BitsAndBytesConfig(
            **bitsandbytes_arguments(settings.quantization, precision)
        )
        # packed on the device, where they have to stay
        arguments.setdefault("device_map", {"": device})
    return arguments
