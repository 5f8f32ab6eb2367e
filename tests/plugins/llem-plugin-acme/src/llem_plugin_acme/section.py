"""The config section `acme-echo`."""

from llem_schema import ExperimentConfig, Model
from pydantic import Field


class EchoSection(Model):
    """`acme-echo: {step_ms: 1.0, batch_size: 4}`."""

    step_ms: float = Field(default=1.0, ge=0)
    """Milliseconds that a batch takes for each output token."""
    batch_size: int = Field(default=4, ge=1)


def section_of(config: ExperimentConfig) -> EchoSection:
    """The section of a config, with its defaults. Raises pydantic's `ValidationError`."""
    given = config.extension.get("acme-echo") if config.extension else None
    return EchoSection.model_validate(given or {})
