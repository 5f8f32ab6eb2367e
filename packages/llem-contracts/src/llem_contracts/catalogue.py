"""A row of a catalogue of results: what a table and a comparison need, without the whole result."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

EntryState = Literal["complete", "partial", "unfinished", "broken"]
"""`complete`: it has a result. `partial`: it ended without one, and said why. `unfinished`: it was
killed, or is still going on. `broken`: its file cannot be read."""


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One run. What is not known of it, or was not measured, is None."""

    path: Path
    """The run's folder, below the one that was asked about."""
    state: EntryState
    reason: str | None = None
    """Why there is no result; None for a complete run."""
    experiment_id: str | None = None
    measurement_config_hash: str | None = None
    model: str | None = None
    backend: str | None = None
    precision: str | None = None
    batch_size: int | None = None
    """As the backend resolved it."""
    dataset: str | None = None
    n: int | None = None
    max_output_tokens: int | None = None
    devices: tuple[str, ...] | None = None
    """Names of the metered devices; the UUID of one whose name is not known."""
    meter: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    window_duration_s: float | None = None
    output_tokens: int | None = None
    output_tokens_per_s: float | None = None
    energy_total_j: float | None = None
    energy_uncertainty_j: float | None = None
    """Expanded uncertainty, k = 2, all terms."""
    energy_comparison_uncertainty_j: float | None = None
    """Expanded uncertainty, k = 2, without board gain."""
    energy_adjusted_j: float | None = None
    energy_adjusted_uncertainty_j: float | None = None
    energy_per_output_token_j: float | None = None
    energy_per_output_token_uncertainty_j: float | None = None
    """`energy_uncertainty_j` over the output tokens, whose number is exact."""
    energy_per_output_token_comparison_uncertainty_j: float | None = None
    energy_estimated: bool | None = None
    """No sensor has read the joules; whoever prints them says so beside them."""
    ttft_p50_ms: float | None = None
    itl_p50_ms: float | None = None
    peak_memory_mib: float | None = None
    warnings: tuple[str, ...] | None = None
    """Codes of the warnings."""
