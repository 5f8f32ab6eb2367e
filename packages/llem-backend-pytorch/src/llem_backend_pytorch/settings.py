"""The `pytorch` section with every default filled in."""

from dataclasses import dataclass
from typing import Any, Literal

from llem_schema import ExperimentConfig

DEFAULT_BATCH_SIZE = 1
Batching = Literal["static", "length_buckets"]


@dataclass(frozen=True)
class Settings:
    """What the section asks for."""

    device: Literal["auto", "cpu", "cuda"]
    batch_size: int
    attn_implementation: str | None
    """None leaves it to transformers, which knows what the architecture supports."""
    model_kwargs: dict[str, Any]

    batching: Batching


def settings_of(config: ExperimentConfig) -> Settings:
    """Read the section; None becomes the default."""
    section = config.pytorch
    return Settings(
        device=(section.device if section else None) or "auto",
        batch_size=(section.batch_size if section else None) or DEFAULT_BATCH_SIZE,
        attn_implementation=section.attn_implementation if section else None,
        model_kwargs=thawed((section.model_kwargs if section else None) or {}),
        batching=(section.batching if section else None) or "static",
    )


def thawed(value: Any) -> Any:
    """A frozen JSON value as plain dicts and lists: libraries may change what they are handed."""
    if isinstance(value, dict):
        return {key: thawed(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [thawed(item) for item in value]
    return value
