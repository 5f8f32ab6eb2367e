"""What a worker is handed: a config with everything around it already resolved."""

from typing import Literal

from pydantic import Field

from llem_schema.config import ExperimentConfig
from llem_schema.frozen import FrozenDict
from llem_schema.model import Model
from llem_schema.scalars import Version1

Origin = Literal["flag", "environment", "caller", "file", "user config"]
"""`caller`: an `ExperimentConfig` object handed over in Python."""


class RunSettings(Model):
    """How a run is carried out. None of it changes what is measured, so none is hashed."""

    results_dir: str | None = None
    """Parent folder of the result folder; None keeps the result in memory alone."""
    model_cache_dir: str | None = None
    """Folder for downloaded models and datasets; None is the hub library's own."""
    cache_dir: str | None = None
    """Folder for what later runs may use, such as idle powers; None keeps nothing."""
    carbon_intensity_g_per_kwh: float | None = Field(default=None, ge=0)
    """Grams of CO2 equivalent for a kilowatt-hour here; None reckons no emissions."""
    pue: float | None = Field(default=None, ge=1)
    """Power usage effectiveness of the data centre; None counts the devices alone."""
    origins: FrozenDict[str, Origin] = FrozenDict()
    """Where each value that is no default came from, by dotted path."""


class WorkOrder(Model):
    """One experiment, ready to run anywhere: a worker reads neither YAML nor user config."""

    schema_version: Version1 = 1
    experiment_id: str
    config: ExperimentConfig
    settings: RunSettings = RunSettings()
    packages: FrozenDict[str, str] = FrozenDict()
    """Versions of the llem packages that made the order."""
