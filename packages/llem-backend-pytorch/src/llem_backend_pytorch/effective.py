"""What is recorded of a plan and of a loaded model."""

import json
from typing import Any

from llem_schema import ExperimentConfig, JsonObject, freeze_json

from llem_backend_pytorch.decoding import replaced_settings, set_fields
from llem_backend_pytorch.generation_section import generation_section
from llem_backend_pytorch.placement import device_map_of
from llem_backend_pytorch.quantization import bitsandbytes_arguments
from llem_backend_pytorch.replica_placement import replica_devices, threads_each
from llem_backend_pytorch.settings import Settings


def section(
    config: ExperimentConfig, settings: Settings, device: str, attention: str | None
) -> dict[str, Any]:
    """The `pytorch` section with every default filled in: what a plan says and a load keeps."""
    import torch

    quantization = settings.quantization
    devices = replica_devices(device, settings.num_processes)
    return {
        "device": device if len(set(devices)) == 1 else devices,
        "batch_size": settings.batch_size,
        **generation_section(settings, device),
        "attn_implementation": attention,
        "model_kwargs": settings.model_kwargs,
        "load_format": settings.load_format,
        "trust_remote_code": settings.trust_remote_code,
        "quantization": "none"
        if quantization is None
        else {
            "method": "bitsandbytes",
            "bits": quantization.bits,
            **bitsandbytes_arguments(quantization, config.precision),
        },
        "device_map": settings.device_map or "none",
        "tp_plan": settings.tp_plan or "none",
        "num_threads": settings.num_threads
        or threads_each(torch.get_num_threads(), settings.num_processes),
        "num_processes": settings.num_processes,
    }


def effective(
    config: ExperimentConfig,
    settings: Settings,
    model: Any,
    *,
    device: str,
    commit: str | None,
    unused_weights: int,
    tokenizer: str,
    adapter: dict[str, Any] | None,
    assistant_commit: str | None,
    repository: Any,
    generation: Any,
    arguments: dict[str, Any],
) -> JsonObject:
    """What was really loaded and is really passed on.

    `unused_weights` are tensors of the checkpoint that the model has no place for; `repository` is
    the generation config that came with the model, and what it sets is not used.
    """
    recorded: JsonObject = freeze_json(
        {
            **section(config, settings, device, model.config._attn_implementation),
            "model": config.model,
            "revision": config.revision,
            "commit": commit,
            "model_class": type(model).__name__,
            "dtype": str(model.dtype).removeprefix("torch."),
            "placement": device_map_of(model) or {"": device},
            "unused_weights": unused_weights,
            "stored_quantization": _stored_quantization(model, settings),
            "lora": adapter,
            "assistant_commit": assistant_commit,
            "tokenizer": tokenizer,
            "padding_side": "left",
            "output_length": config.output_length,
            "generation": set_fields(generation),
            "generate_arguments": arguments,
            "repository_generation_replaced": replaced_settings(repository, generation),
        }
    )
    return recorded


def _stored_quantization(model: Any, settings: Settings) -> Any:
    """How the checkpoint itself was quantised; None where it was not."""
    stated = getattr(model.config, "quantization_config", None)
    if stated is None or settings.quantization is not None:
        return None
    plain = stated if isinstance(stated, dict) else stated.to_dict()
    return json.loads(json.dumps(plain, default=str))
