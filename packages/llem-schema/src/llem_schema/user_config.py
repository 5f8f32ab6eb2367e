"""A person's own defaults, read from the platform's config folder (CFG-21 to CFG-23)."""

from typing import Literal

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
    carbon_intensity_g_per_kwh: float | None = Field(default=None, ge=0)
    """Grams of CO2 equivalent for a kilowatt-hour of electricity here. Without it no emissions."""
    pue: float | None = Field(default=None, ge=1)
    """Power usage effectiveness of the data centre: emissions are multiplied by it."""


class AdvancedDefaults(Model):
    """What few people need to change."""

    sample_period_s: float | None = Field(default=None, ge=0.001, le=1.0)
    """`energy.sample_period_s` of every run that does not set it."""
    baseline_ttl_s: float | None = Field(default=None, ge=0)
    """`baseline.cache_ttl_seconds` of every run that does not set it."""


class UiDefaults(Model):
    """How the command line speaks."""

    progress: Literal["auto", "plain", "off"] = "auto"
    """`auto` draws a live line on a terminal, `plain` writes lines there, `off` is `--quiet`."""
    color: Literal["auto", "never"] = "auto"
    """`auto` colours a little on a terminal, unless `NO_COLOR` is set."""


class UserConfig(Model):
    """The user config file."""

    output: OutputDefaults = OutputDefaults()
    measurement: MeasurementDefaults = MeasurementDefaults()
    advanced: AdvancedDefaults = AdvancedDefaults()
    ui: UiDefaults = UiDefaults()
