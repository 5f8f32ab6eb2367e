"""A person's own defaults, read from the platform's config folder (CFG-21 to CFG-23)."""

from pydantic import Field

from llem_schema.model import Model


class OutputDefaults(Model):
    """Where things go."""

    results_dir: str | None = Field(default=None, min_length=1)
    """Parent folder of result folders, where no flag names one."""
    model_cache_dir: str | None = Field(default=None, min_length=1)
    """Folder for downloaded models."""


class MeasurementDefaults(Model):
    """How to measure."""

    meter: str | None = Field(default=None, min_length=1)
    """`energy.meter` of every run that does not name one."""


class AdvancedDefaults(Model):
    """What few people need to change."""

    sample_period_s: float | None = Field(default=None, ge=0.001, le=1.0)
    """`energy.sample_period_s` of every run that does not set it."""


class UserConfig(Model):
    """The user config file."""

    output: OutputDefaults = OutputDefaults()
    measurement: MeasurementDefaults = MeasurementDefaults()
    advanced: AdvancedDefaults = AdvancedDefaults()
