"""What the warm-up did."""

from typing import Literal

from llem_schema.frozen import FrozenList
from llem_schema.model import Model


class HeatRecord(Model):
    """How the devices were brought to their working heat."""

    mode: Literal["plateau", "floor", "off"]
    settled: bool | None
    """Power and temperature were steady; None where there was nothing to settle."""
    duration_s: float
    note: str


class ColdStart(Model):
    """The first request of a model that had never generated."""

    time_to_first_token_s: float | None
    """From the beginning of the load to its first token, without the idle time in between."""
    first_request_s: float
    """From when its batch was handed to the model to its end."""


class WarmupResult(Model):
    """Runs before the window (CM-24). Their tokens count nowhere."""

    converged: bool | None
    """The last runs agreed within `target_cv`; None where convergence was not asked for."""
    final_cv: float | None
    """Coefficient of variation of the last runs' latencies."""
    iterations_completed: int
    target_cv: float | None
    max_prompts: int | None
    latencies_ms: FrozenList[float]
    duration_s: float
    heat: HeatRecord
    cold_start: ColdStart | None
    """Where there was no warm-up, by `cold_start`."""
