"""How tokens are generated, as a plan and a result say it."""

from typing import Any

from llem_backend_pytorch.continuous import continuous_settings
from llem_backend_pytorch.settings import Settings


def generation_section(settings: Settings, device: str) -> dict[str, Any]:
    """What is in effect on a device (`cpu`, `cuda:0`), and nothing else."""
    section: dict[str, Any] = {
        "batching": settings.batching,
        "cache_implementation": settings.cache_implementation,
        "torch_compile": settings.torch_compile,
        "chat_template": settings.chat_template,
    }
    if settings.batching == "continuous":
        section["continuous"] = continuous_settings(settings.batch_size, device)
    if settings.torch_compile:
        section["torch_compile_mode"] = settings.torch_compile_mode
    if settings.prompt_lookup_num_tokens is not None:
        section["prompt_lookup_num_tokens"] = settings.prompt_lookup_num_tokens
    if settings.assistant_model is not None:
        section["assistant_model"] = settings.assistant_model
        section["num_assistant_tokens"] = settings.num_assistant_tokens
    return section
