"""From a config to a loaded model."""

from pathlib import Path
from typing import Any

from llem_contracts import BackendError
from llem_schema import ExperimentConfig

from llem_backend_pytorch.adapter import apply_adapter
from llem_backend_pytorch.assistant import fewest_positions, load_assistant
from llem_backend_pytorch.continuous import ContinuousGenerator
from llem_backend_pytorch.decoding import build_generation, end_ids_of, generation_settings
from llem_backend_pytorch.device_choice import CPU, CUDA
from llem_backend_pytorch.effective import effective
from llem_backend_pytorch.garbage import collected
from llem_backend_pytorch.generation import Generator
from llem_backend_pytorch.identity import devices_of
from llem_backend_pytorch.loaded import AnyGenerator, PyTorchModel
from llem_backend_pytorch.loading import load_weights
from llem_backend_pytorch.memory import (
    AllocatorGauge,
    MemoryGauge,
    MemoryRecord,
    ResidentSetGauge,
    weights_bytes,
)
from llem_backend_pytorch.model_source import ModelSource
from llem_backend_pytorch.outline import outline_of
from llem_backend_pytorch.placement import device_problems
from llem_backend_pytorch.problems import UnusableModel, unusable
from llem_backend_pytorch.quiet import quiet
from llem_backend_pytorch.settings import Settings, settings_of
from llem_backend_pytorch.tokenizer import (
    ModelTokenizer,
    load_tokenizer,
    require_template,
)


def load_model(config: ExperimentConfig, source: ModelSource) -> PyTorchModel:
    """Load what the config names onto its device. Raises `BackendError`."""
    import torch
    from transformers import GenerationConfig

    settings = settings_of(config)
    device = chosen_device(settings)
    for problem in device_problems(settings, str(device)):
        raise UnusableModel(problem)
    torch.manual_seed(config.random_seed)
    with quiet(), collected():
        files = source.for_load(config)
        adapter_files = source.adapter_files(config.lora) if config.lora else None
        outline = outline_of(config.model, files.folder, settings, tokenizer=files.tokenizer)
        own_tokenizer = files.folder is not None and files.tokenizer
        tokenizer = load_tokenizer(
            config.model, files.folder if own_tokenizer else None, settings.trust_remote_code
        )
        if settings.chat_template:
            require_template(tokenizer, config.model)
        weighted = load_weights(outline, config.precision, settings, device)
        model = weighted.model
        repository = _generation_config(files.folder) or model.generation_config
        adapter = None
        if config.lora is not None and adapter_files is not None:
            applied = apply_adapter(model, config.model, config.lora, adapter_files)
            model, adapter = applied.model, applied.record
        assistant = load_assistant(config, source, outline.vocabulary_size, device)
        end_ids = end_ids_of(repository, model.config, tokenizer)
        if config.output_length == "natural" and not end_ids:
            raise unusable(
                "no_end_token",
                f"the model {config.model!r} has no end-of-sequence token, so no output ends "
                "naturally",
                "Set output_length to fixed.",
            )
        pad_id = _pad_id(tokenizer, end_ids, outline.vocabulary_size)
        generation, arguments = _generation(config, end_ids, pad_id)
        # generate() fills what is unset from here: the repository's settings must not be there
        model.generation_config = GenerationConfig()
    devices = devices_of(model)
    batched = Generator(
        model=model,
        device=devices[0],
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
        shape=outline.shape,
        positions=fewest_positions(outline.positions, assistant.positions if assistant else 0),
        commit=files.commit,
        batch_size=settings.batch_size,
        batching=settings.batching,
        sampling_seed=config.random_seed if config.decoder.strategy == "sample" else None,
        effective_config=effective(
            config,
            settings,
            model,
            device=str(device),
            commit=files.commit,
            unused_weights=weighted.unused_weights,
            tokenizer="own" if own_tokenizer else "bytes",
            adapter=adapter,
            assistant_commit=assistant.commit if assistant else None,
            repository=repository,
            generation=generation,
            arguments=arguments,
        ),
        memory=MemoryRecord(
            _gauge(devices), weights_bytes(model, *((assistant.model,) if assistant else ()))
        ),
    )


def chosen_device(settings: Settings) -> Any:
    """The torch device that the settings ask for. Raises `UnusableModel`."""
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


def _generation_config(folder: Path | None) -> Any:
    """The one in the model's folder, which dummy weights come without; None where there is none."""
    from transformers import GenerationConfig

    if folder is None or not (folder / "generation_config.json").is_file():
        return None
    try:
        return GenerationConfig.from_pretrained(folder, local_files_only=True)
    except Exception:  # what transformers does not take from there it does not take here
        return None


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


def _pad_id(tokenizer: Any, end_ids: tuple[int, ...], vocabulary: int) -> int:
    """The padding token, else the end's, else 0: the mask hides it from the model in any case.

    Its embedding is looked up nevertheless, so one that a tokenizer has beyond the model's
    vocabulary will not do.
    """
    own = tokenizer.pad_token_id
    if isinstance(own, int) and 0 <= own < vocabulary:
        return own
    return end_ids[0] if end_ids else 0


def _gauge(devices: tuple[Any, ...]) -> MemoryGauge:
    cuda = tuple(device for device in devices if device.type == "cuda")
    return AllocatorGauge(cuda) if cuda else ResidentSetGauge()
