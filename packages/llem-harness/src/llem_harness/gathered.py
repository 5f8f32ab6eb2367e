"""What a run has gathered when its last window is closed, before any figure is made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from llem_contracts import GeneratedRequest, Sample
from llem_schema import (
    HeatRecord,
    JsonObject,
    MemoryUsage,
    ModelShape,
    NotMeasured,
    WorkOrder,
)

from llem_harness.baseline import Baseline
from llem_harness.environment import Surroundings
from llem_harness.host import runs_on_host
from llem_harness.latency_pass import LatencyPass
from llem_harness.prefill import PrefillWindow
from llem_harness.preflight import Readiness
from llem_harness.warmup import Warmup
from llem_harness.window import MeasuredWindow
from llem_harness.workload import Workload


@dataclass(frozen=True)
class Saving:
    """Names of the sidecar files; None where nothing is saved."""

    timeseries: str | None
    requests: str | None


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What is known of the loaded model."""

    commit: str | None
    shape: ModelShape
    effective_config: JsonObject
    environment: JsonObject
    load_s: float


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """The parts of a run, in the order in which they came about."""

    order: WorkOrder
    started_at: datetime
    ready: Readiness
    backend_version: str
    surroundings: Surroundings
    baseline: Baseline
    loaded: Loaded
    workload: Workload
    warmup: Warmup
    heat: HeatRecord
    window: MeasuredWindow
    prefill: PrefillWindow
    timed: LatencyPass | None
    """The pass in which the steps were timed, where it was not the window."""
    no_host: NotMeasured | None
    memory: MemoryUsage
    sample_period_s: float | None
    """None for a meter without a series."""
    samples: Sequence[Sample]
    """Of the window."""
    has_series: bool
    saving: Saving
    ended_at: datetime

    @property
    def on_host(self) -> bool:
        """Whether the CPU computes, so that the meter's total is the host's."""
        return runs_on_host(self.ready.devices)

    @cached_property
    def requests(self) -> tuple[GeneratedRequest, ...]:
        """Of the window."""
        return self.window.requests

    @cached_property
    def input_tokens(self) -> int:
        return sum(request.input_tokens for request in self.requests)

    @cached_property
    def output_tokens(self) -> int:
        """Useful ones."""
        return sum(request.output_tokens for request in self.requests)
