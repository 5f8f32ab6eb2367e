"""From a config to a loaded model."""

import gc
from dataclasses import replace
from typing import Any

from llem_contracts import BackendError
from llem_schema import ExperimentConfig, JsonObject, freeze_json

from llem_backend_pytorch.assistant import Assistant, load_assistant
from llem_backend_pytorch.continuous import ContinuousGenerator
from llem_backend_pytorch.decoding import (
    build_generation,
    end_ids_of,
    generation_settings,
    replaced_settings,
    set_fields,
)
from llem_backend_pytorch.device_choice import CPU, CUDA
from llem_backend_pytorch.generation import Generator
from llem_backend_pytorch.generation_section import generation_section
from llem_backend_pytorch.loaded import AnyGenerator, PyTorchModel
from llem_backend_pytorch.loading import load_weights
from llem_backend_pytorch.memory import (
    AllocatorGauge,
    MemoryGauge,
    MemoryRecord,
    ResidentSetGauge,
    weights_bytes,
)
from llem_backend_pytorch.model_config import read_model_config
from llem_backend_pytorch.model_source import ModelSource
from llem_backend_pytorch.out_of_memory import is_out_of_memory
from llem_backend_pytorch.problems import unusable
from llem_backend_pytorch.quiet import quiet
from llem_backend_pytorch.settings import Settings, settings_of
from llem_backend_pytorch.shape import shape_of
from llem_backend_pytorch.tokenizer import ModelTokenizer, load_tokenizer, require_template


def load_model(config: ExperimentConfig, source: ModelSource) -> PyTorchModel:
    """Load what the config names onto its device. Raises `BackendError`."""
    import torch
    from transformers import GenerationConfig

    settings = settings_of(config)
    device = _device(settings)
    torch.manual_seed(config.random_seed)
    with quiet():
        files = source.for_load(config)
        model_config, load_arguments = read_model_config(
            config.model, files.folder, settings.model_kwargs
        )
        tokenizer = load_tokenizer(config.model, files.folder)
        if settings.chat_template:
            require_template(tokenizer, config.model)
        model = load_weights(
            config.model, files.folder, model_config, config.precision, settings, load_arguments
        )
        model = _moved(model, device, config.model)
        assistant = load_assistant(
            config, source, model.config.get_text_config(decoder=True).vocab_size
        )
        if assistant is not None:
            assistant = replace(assistant, model=_moved(assistant.model, device, config.model))
        repository = model.generation_config
        end_ids = end_ids_of(repository, model.config, tokenizer)
        if config.output_length == "natural" and not end_ids:
            raise unusable(
                "no_end_token",
                f"the model {config.model!r} has no end-of-sequence token, so no output ends "
                "naturally",
                "Set output_length to fixed.",
            )
        pad_id = _pad_id(tokenizer, end_ids)
        generation, arguments = _generation(config, end_ids, pad_id)
        # generate() fills what is unset from here: the repository's settings must not be there
        model.generation_config = GenerationConfig()
    gc.collect()
    batched = Generator(
        model=model,
        device=device,
        generation_config=generation,
        arguments=arguments,
        assistant=assistant.model if assistant else None,
        end_ids=frozenset(end_ids),
        pad_id=pad_id,
        fixed_length=config.max_output_tokens if config.output_length == "fixed" else None,
    )
    generator: AnyGenerator = batched
    if settings.batching == "continuous":
        generator = ContinuousGenerator(batched, settings.batch_size, config.random_seed)
    return PyTorchModel(
        generator=generator,
        tokenizer=ModelTokenizer(tokenizer, chat_template=settings.chat_template),
        shape=shape_of(model),
        commit=files.commit,
        batch_size=settings.batch_size,
        batching=settings.batching,
        sampling_seed=config.random_seed if config.decoder.strategy == "sample" else None,
        effective_config=_effective(
            config,
            settings,
            model,
            assistant,
            str(device),
            files.commit,
            repository,
            generation,
            arguments,
        ),
        memory=MemoryRecord(
            _gauge(device), weights_bytes(model, *((assistant.model,) if assistant else ()))
        ),
    )


def _device(settings: Settings) -> Any:
    import torch

    if settings.device == "cpu":
        return torch.device(CPU)
    if torch.cuda.is_available():
        return torch.device(CUDA)
    if settings.device == "cuda":
        raise unusable(
            "no_cuda_device",
            "pytorch.device is cuda and torch sees no CUDA device",
            "Set pytorch.device to cpu or auto, or check the driver and the build of torch.",
        )
    return torch.device(CPU)


def _moved(model: Any, device: Any, name: str) -> Any:
    try:
        return model.to(device)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise BackendError(
            f"the weights of {name!r} do not fit into the memory of {device}",
            cure="Take a smaller model or a lower precision, or free the device.",
        ) from error


def _generation(
    config: ExperimentConfig, end_ids: tuple[int, ...], pad_id: int
) -> tuple[Any, dict[str, Any]]:
    try:
        return build_generation(config, generation_settings(config, end_ids, pad_id))
    except Exception as error:  # transformers validates values in several ways
        raise BackendError(
            f"transformers refuses the generation settings: {error}".splitlines()[0],
            cure="Check decoder and passthrough_kwargs.",
        ) from error


def _pad_id(tokenizer: Any, end_ids: tuple[int, ...]) -> int:
    """The padding token, else the end's, else 0: the mask hides it from the model in any case."""
    if isinstance(tokenizer.pad_token_id, int):
        return tokenizer.pad_token_id
    return end_ids[0] if end_ids else 0


def _gauge(device: Any) -> MemoryGauge:
    return AllocatorGauge(device) if device.type == "cuda" else ResidentSetGauge()


def _effective(
    config: ExperimentConfig,
    settings: Settings,
    model: Any,
    assistant: Assistant | None,
    device: str,
    commit: str | None,
    repository: Any,
    generation: Any,
    arguments: dict[str, Any],
) -> JsonObject:
    effective: JsonObject = freeze_json(
        {
            "model": config.model,
            "revision": config.revision,
            "commit": commit,
            "model_class": type(model).__name__,
            "device": device,
            "dtype": str(model.dtype).removeprefix("torch."),
            "attn_implementation": model.config._attn_implementation,
            "batch_size": settings.batch_size,
            **generation_section(settings, device),
            "assistant_commit": assistant.commit if assistant else None,
            "padding_side": "left",
            "trust_remote_code": False,
            "model_kwargs": settings.model_kwargs,
            "output_length": config.output_length,
            "generation": set_fields(generation),
            "generate_arguments": arguments,
            "repository_generation_replaced": replaced_settings(repository, generation),
        }
    )
    return effective
