"""The least time that a run takes, however fast its model is."""

from collections.abc import Iterator
from dataclasses import dataclass

from llem_schema import ExperimentConfig

from llem_harness.baseline import LOOK_S, RESIDENT_SHARE
from llem_harness.cold_start import warmup_of
from llem_harness.heat import LOOK_BACK_S
from llem_harness.methodology import load_around


@dataclass(frozen=True)
class TimePart:
    """A step whose length the config alone decides."""

    name: str
    at_least_s: float


@dataclass(frozen=True)
class TimeEstimate:
    """Seconds that are certain, and what comes on top of them."""

    parts: tuple[TimePart, ...]
    not_counted: tuple[str, ...]

    @property
    def at_least_s(self) -> float:
        """Of all parts together."""
        return sum(part.at_least_s for part in self.parts)


def time_estimate(
    config: ExperimentConfig, *, senses: bool, baseline_kept: bool, download: bool
) -> TimeEstimate:
    """Add up the waits and the windows of the protocol.

    `senses`: a sensor is read. `baseline_kept`: an idle power of these devices is in the cache, so
    that a look at them suffices. `download`: the model is not here yet.
    """
    return TimeEstimate(
        parts=tuple(_parts(config, senses=senses, baseline_kept=baseline_kept)),
        not_counted=tuple(_not_counted(config, download=download)),
    )


def _parts(config: ExperimentConfig, *, senses: bool, baseline_kept: bool) -> Iterator[TimePart]:
    if senses and config.baseline.enabled:
        whole_s = config.baseline.duration_seconds
        yield TimePart("baseline", min(LOOK_S, whole_s) if baseline_kept else whole_s)
        yield TimePart("resident baseline", whole_s * RESIDENT_SHARE)
    warmup = warmup_of(config)
    if senses and warmup.thermal != "off":
        floor_s = warmup.thermal_floor_seconds
        yield TimePart("heat", floor_s if warmup.thermal == "floor" else LOOK_BACK_S)
    yield TimePart("window", config.min_window_s)
    if senses and config.energy.phases is not False and not _prefill_alone(config):
        yield TimePart("window of prefill", config.min_window_s)


def _prefill_alone(config: ExperimentConfig) -> bool:
    """Whether the phases are not told apart whatever the sensors do (see `prefill`)."""
    return config.max_output_tokens == 1 or bool(config.cold_start)


def _not_counted(config: ExperimentConfig, *, download: bool) -> Iterator[str]:
    if download:
        yield "the download"
    yield "loading"
    if warmup_of(config).n_warmup:
        yield "warm-up"
    if load_around(config):
        yield "a pass before the window and one after it"
    if config.latency == "separate":
        yield "a pass for latencies"
    yield "what a pass takes beyond its window's least time"
