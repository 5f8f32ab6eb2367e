"""The generation settings: the config's own, nothing of the model repository's."""

from typing import Any

from llem_schema import ExperimentConfig

from llem_backend_pytorch.settings import settings_of, thawed

SAMPLING_DEFAULTS = {"temperature": 1.0, "top_k": 50, "top_p": 1.0}
"""What transformers uses where nothing is set (`GenerationConfig`)."""

_NO_SETTINGS = frozenset({"transformers_version", "_from_model_config"})


def generation_settings(
    config: ExperimentConfig, end_ids: tuple[int, ...], pad_id: int
) -> dict[str, Any]:
    """Fields of `GenerationConfig` for a config, `passthrough_kwargs` apart.

    A fixed output length is had by naming no end-of-sequence token: nothing stops a sequence then,
    and the logits stay as they are (a minimum length alone would forbid the token instead).
    """
    fixed = config.output_length == "fixed"
    chosen = settings_of(config)
    settings: dict[str, Any] = {
        "max_new_tokens": config.max_output_tokens,
        "min_new_tokens": config.max_output_tokens if fixed else None,
        "eos_token_id": None if fixed else list(end_ids),
        "pad_token_id": pad_id,
        "do_sample": config.decoder.strategy == "sample",
        "num_beams": 1,
        "use_cache": True,
        # a static cache is compiled on CUDA whether one asks for it or not
        "disable_compile": not chosen.torch_compile,
    }
    if chosen.cache_implementation == "static":
        settings["cache_implementation"] = "static"
    if chosen.torch_compile:
        settings["compile_config"] = {"mode": chosen.torch_compile_mode}
    if chosen.prompt_lookup_num_tokens is not None:
        settings["prompt_lookup_num_tokens"] = chosen.prompt_lookup_num_tokens
    if config.decoder.strategy == "sample":
        for name, default in SAMPLING_DEFAULTS.items():
            value = getattr(config.decoder, name)
            settings[name] = default if value is None else value
    return settings


def build_generation(
    config: ExperimentConfig, settings: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """A `GenerationConfig` with `passthrough_kwargs` applied, and those that are no part of it.

    The latter go to `generate` as they stand.
    """
    from transformers import CompileConfig, GenerationConfig

    if "compile_config" in settings:
        compile_config = CompileConfig(**settings["compile_config"])
        # without it a model on the CPU is left as it is, without a word
        compile_config._compile_all_devices = True
        settings = {**settings, "compile_config": compile_config}
    generation = GenerationConfig(**settings)
    arguments = generation.update(**thawed(config.passthrough_kwargs or {}))
    return generation, arguments


def set_fields(generation: Any) -> dict[str, Any]:
    """Fields of a `GenerationConfig` that have a value."""
    return {
        name: value.to_dict() if hasattr(value, "to_dict") else value
        for name, value in generation.to_dict().items()
        if value is not None and name not in _NO_SETTINGS
    }


def replaced_settings(repository: Any, used: Any) -> dict[str, Any]:
    """What the repository's generation config sets otherwise: `{field: {repository, used}}`.

    Off and not set are the same.
    """
    ours = used.to_dict()
    return {
        name: {"repository": value, "used": ours.get(name)}
        for name, value in sorted(set_fields(repository).items())
        if value != ours.get(name) and (value or ours.get(name))
    }


def end_ids_of(repository: Any, model_config: Any, tokenizer: Any) -> tuple[int, ...]:
    """End-of-sequence ids of the repository's generation config, else of the model's config, else
    of the tokenizer; empty where none has any."""
    text = model_config.get_text_config(decoder=True)
    for source in (repository, text, tokenizer):
        stated = getattr(source, "eos_token_id", None)
        if isinstance(stated, int):
            return (stated,)
        if stated:
            return tuple(stated)
    return ()
