"""One experiment from Python."""

from pathlib import Path
from typing import Any

from llem_contracts import EventListener
from llem_harness import silence
from llem_schema import ExperimentConfig, ExperimentResult
from llem_study import resolve, run_order
from pydantic import BaseModel


def run_experiment(
    config: ExperimentConfig | str | Path | None = None,
    *,
    output_dir: str | Path | None = None,
    listener: EventListener = silence,
    **overrides: Any,
) -> ExperimentResult:
    """Measure one configuration in this process.

    `config` is an `ExperimentConfig`, the path of a YAML file, or None; `overrides` are config
    fields that win over it, and must give at least `model` when it is None. Sections may be given
    as mappings or as models: `pytorch={"batch_size": 8}`. Results are written only where
    `output_dir` names their parent folder. `listener` is told of progress.

    Raises `ConfigError` and pydantic's `ValidationError` for a configuration that cannot be used,
    the latter with a note for each fault in the words of the command line; `PreFlightError` with
    everything that stands in the way, `BackendError` and `ExperimentError` for what fails while it
    runs.
    """
    flags = {
        key: value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value
        for key, value in overrides.items()
    }
    order = resolve(config, flags, output_dir=output_dir)
    return run_order(order, listener)
