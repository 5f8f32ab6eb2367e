"""A smaller model that drafts tokens for the model to check."""

from dataclasses import dataclass
from typing import Any

from llem_schema import ExperimentConfig, PyTorchConfig

from llem_backend_pytorch.loading import load_weights
from llem_backend_pytorch.model_source import ModelSource
from llem_backend_pytorch.outline import outline_of
from llem_backend_pytorch.problems import unusable
from llem_backend_pytorch.settings import settings_of


@dataclass(frozen=True)
class Assistant:
    """A loaded assistant."""

    model: Any
    commit: str | None
    positions: int
    """0 without a limit."""


def assistant_config(config: ExperimentConfig) -> ExperimentConfig | None:
    """The config under which a config's assistant is planned, fetched and loaded: the same
    precision, device and kind of attention, and dummy weights where the model has them; its newest
    revision. None where there is none."""
    section = config.pytorch
    if section is None or section.assistant_model is None:
        return None
    return config.model_copy(
        update={
            "model": section.assistant_model,
            "revision": None,
            "pytorch": PyTorchConfig(
                device=section.device,
                attn_implementation=section.attn_implementation,
                load_format=section.load_format,
            ),
        }
    )


def load_assistant(
    config: ExperimentConfig, source: ModelSource, vocabulary_size: int, device: Any
) -> Assistant | None:
    """The assistant on the device, with a generation config of our own. Raises `BackendError`."""
    from transformers import GenerationConfig

    own = assistant_config(config)
    if own is None:
        return None
    settings = settings_of(own)
    files = source.for_load(own)
    outline = outline_of(own.model, files.folder, settings)
    check_vocabulary(config, vocabulary_size, outline.vocabulary_size)
    model = load_weights(outline, own.precision, settings, device).model
    model.generation_config = GenerationConfig(**draft_settings(config))
    return Assistant(model, files.commit, outline.positions)


def draft_settings(config: ExperimentConfig) -> dict[str, Any]:
    """Fields of the assistant's `GenerationConfig`: every draft has the same number of tokens.

    transformers would else end a draft where the assistant is not sure of itself, and move that
    threshold from draft to draft, so that no two passes over the prompts were alike.
    """
    return {
        "num_assistant_tokens": settings_of(config).num_assistant_tokens,
        "num_assistant_tokens_schedule": "constant",
        "assistant_confidence_threshold": 0.0,
    }


def fewest_positions(own: int, assistants: int) -> int:
    """What a text may have that both go through; 0 is no limit."""
    return min((limit for limit in (own, assistants) if limit), default=0)


def check_vocabulary(config: ExperimentConfig, own: int, assistants: int) -> None:
    """Raise `UnusableModel` where a model and its assistant do not have the same tokens."""
    if own != assistants:
        section = config.pytorch
        assert section is not None
        raise unusable(
            "assistant_vocabulary",
            f"{config.model!r} has {own} tokens and its assistant {section.assistant_model!r} has "
            f"{assistants}",
            "Take an assistant of the same family, with the same tokenizer.",
        )
