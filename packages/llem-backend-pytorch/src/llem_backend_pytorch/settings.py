"""The `pytorch` section with every default filled in."""

from dataclasses import dataclass
from typing import Any, Literal

from llem_schema import ExperimentConfig, Precision, PyTorchConfig, QuantizationConfig
from llem_schema.pytorch import CompileMode

from llem_backend_pytorch.builtin import PREFIX

DEFAULT_BATCH_SIZE = 1
DEFAULT_COMPILE_MODE: CompileMode = "reduce-overhead"
"""That of transformers' `CompileConfig`."""
DEFAULT_ASSISTANT_TOKENS = 5
Batching = Literal["static", "length_buckets", "continuous"]
DTYPES: dict[Precision, str] = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}
"""What torch calls a precision."""


@dataclass(frozen=True)
class Settings:
    """What the section asks for."""

    device: Literal["auto", "cpu", "cuda"]
    batch_size: int
    attn_implementation: str | None
    """None leaves it to transformers, which knows what the architecture supports."""
    model_kwargs: dict[str, Any]
    load_format: Literal["auto", "dummy"]
    """`dummy` for every built-in model, too."""
    trust_remote_code: bool
    quantization: QuantizationConfig | None
    device_map: str | None
    """None puts the whole model on one device."""
    tp_plan: str | None
    num_threads: int | None
    """None leaves it to torch."""

    batching: Batching
    cache_implementation: Literal["dynamic", "static"]
    torch_compile: bool
    torch_compile_mode: CompileMode
    prompt_lookup_num_tokens: int | None
    """None: nothing is drafted from the prompt."""
    assistant_model: str | None
    """None: nothing is drafted by an assistant."""
    num_assistant_tokens: int
    chat_template: bool
    num_processes: int
    """Copies of the model, each in a process of its own; 1 is this process."""


def settings_of(config: ExperimentConfig) -> Settings:
    """Read the section; None becomes the default. Compiled code has a static cache."""
    section = config.pytorch or PyTorchConfig()
    compiled = bool(section.torch_compile)
    builtin = config.model.startswith(PREFIX)
    return Settings(
        device=section.device or "auto",
        batch_size=section.batch_size or DEFAULT_BATCH_SIZE,
        attn_implementation=section.attn_implementation,
        model_kwargs=thawed(section.model_kwargs or {}),
        load_format="dummy" if builtin else section.load_format or "auto",
        trust_remote_code=bool(section.trust_remote_code),
        quantization=section.quantization,
        device_map=section.device_map,
        tp_plan=section.tp_plan,
        num_threads=section.num_threads,
        batching=section.batching or "static",
        cache_implementation=section.cache_implementation or ("static" if compiled else "dynamic"),
        torch_compile=compiled,
        torch_compile_mode=section.torch_compile_mode or DEFAULT_COMPILE_MODE,
        prompt_lookup_num_tokens=section.prompt_lookup_num_tokens,
        assistant_model=section.assistant_model,
        num_assistant_tokens=section.num_assistant_tokens or DEFAULT_ASSISTANT_TOKENS,
        chat_template=bool(section.chat_template),
        num_processes=section.num_processes or 1,
    )


def thawed(value: Any) -> Any:
    """A frozen JSON value as plain dicts and lists: libraries may change what they are handed."""
    if isinstance(value, dict):
        return {key: thawed(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [thawed(item) for item in value]
    return value
