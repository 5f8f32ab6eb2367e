"""What is left of a run that ended without a result."""

from llem_schema import ExperimentConfig, Model, Moment, RunSettings, Version1

PARTIAL_NAME = "partial.json"


class PartialRun(Model):
    """Marks a run's folder as partial: `partial.json`, in the place of `result.json`."""

    schema_version: Version1 = 1
    experiment_id: str
    config: ExperimentConfig
    run_settings: RunSettings
    reason: str
    """Why there is no result."""
    timeseries: str | None
    """File of the samples taken until the end; None where none were taken."""
    requests_file: str | None
    ended_at: Moment
