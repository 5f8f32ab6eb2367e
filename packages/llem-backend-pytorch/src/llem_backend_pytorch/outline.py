"""A model as its config tells it, before any weight is read."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from llem_schema import ModelShape

from llem_backend_pytorch.end_tokens import check_end_tokens
from llem_backend_pytorch.meta_model import meta_model
from llem_backend_pytorch.model_config import read_model_config
from llem_backend_pytorch.problems import unusable
from llem_backend_pytorch.settings import Settings
from llem_backend_pytorch.shape import shape_of
from llem_backend_pytorch.tokenizer import check_room_for_bytes, no_tokenizer
from llem_backend_pytorch.weight_files import weights_fault


@dataclass(frozen=True)
class Outline:
    """What a model will be."""

    model: str
    folder: Path | None
    """None for a built-in model."""
    config: Any
    """Of transformers, for `from_pretrained`."""
    extra: dict[str, Any]
    """Those of `pytorch.model_kwargs` that are no part of the config."""
    hollow: Any
    """The model on the meta device."""

    @cached_property
    def shape(self) -> ModelShape:
        """Told by the meta device, so it is right also where weights are packed."""
        return shape_of(self.hollow)

    @property
    def positions(self) -> int:
        """Prompt and output together that it has positions for; 0 without a limit."""
        dimensions = self.shape.dimensions
        return dimensions.learned_positions if dimensions else 0

    @property
    def vocabulary_size(self) -> int:
        """Rows of the input embedding."""
        size: int = self.hollow.config.get_text_config(decoder=True).vocab_size
        return size


def outline_of(
    model: str,
    folder: Path | None,
    settings: Settings,
    *,
    model_kwargs: dict[str, Any] | None = None,
    tokenizer: bool = True,
) -> Outline:
    """The outline of a folder's model, or of a built-in one where that is None.

    `model_kwargs` instead of those of the settings. `tokenizer` says whether the folder, or the
    repository that it comes from, holds one; without it the weights have to be dummies, and the
    vocabulary to have room for the tokenizer over bytes. Raises `UnusableModel`.
    """
    trusted = settings.trust_remote_code
    given = settings.model_kwargs if model_kwargs is None else model_kwargs
    config, extra = read_model_config(model, folder, given, trusted)
    if folder is not None and not tokenizer and settings.load_format == "auto":
        raise no_tokenizer(model)
    hollow = meta_model(config, settings.attn_implementation, trusted)
    if folder is not None and settings.load_format == "auto":
        fault = weights_fault(model, folder, _numbers(config, hollow))
        if fault is not None:
            raise fault
    outline = Outline(model, folder, config, extra, hollow)
    if folder is not None:
        check_end_tokens(model, folder, config, outline.vocabulary_size)
    if settings.tp_plan is not None and not hollow.supports_tp_plan:
        raise unusable(
            "not_supported",
            f"the architecture {config.model_type!r} brings no plan of how its matrices are split, "
            "which pytorch.tp_plan needs",
            "Spread its layers with pytorch.device_map: auto.",
        )
    if not tokenizer:
        check_room_for_bytes(model, outline.vocabulary_size)
    return outline


def _numbers(config: Any, hollow: Any) -> frozenset[str]:
    """Names in a checkpoint of what must be floating-point numbers: all parameters, with and
    without the prefix of the base model, unless the config says that they are quantised."""
    if getattr(config, "quantization_config", None) is not None:
        return frozenset()
    names = [name for name, _ in hollow.named_parameters()]
    prefix = f"{hollow.base_model_prefix}."
    return frozenset((*names, *(name.removeprefix(prefix) for name in names)))
