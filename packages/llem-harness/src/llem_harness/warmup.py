"""Runs of the measured shape before the window, so that what is paid once is paid outside."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle

from llem_contracts import GenerationRequest, LoadedModel, PhaseSkipped
from llem_schema import WarmupConfig

from llem_harness.phases import phase
from llem_harness.ports import Ports

_CV_RUNS = 3
"""Runs whose latencies must agree."""


@dataclass(frozen=True)
class Warmup:
    """What the runs showed."""

    converged: bool | None
    final_cv: float | None
    latencies_ms: tuple[float, ...]
    requests: int
    duration_s: float


def warm_up(
    config: WarmupConfig,
    loaded: LoadedModel,
    batches: Sequence[Sequence[GenerationRequest]],
    ports: Ports,
) -> Warmup:
    """Run batches until the count is reached, or until the latencies agree (CM-21, CM-23).

    A fixed count goes through the batches in turn, the longest first. Convergence compares like
    with like, so it repeats the longest batch.
    """
    latencies: list[float] = []
    requests = 0
    converging = config.convergence_detection
    order = cycle(batches[:1] if converging else batches)
    most = config.max_prompts if converging else config.n_warmup
    if most == 0:
        reason = "`warmup.n_warmup` is 0, or the start is cold"
        ports.listener(PhaseSkipped(phase="warm-up", reason=reason))
        return Warmup(None, None, (), 0, 0.0)
    started_ns = ports.clock.monotonic_ns()
    with phase("warm-up", ports.listener, ports.clock, total=most, unit="runs") as progress:
        while len(latencies) < most:
            batch = next(order)
            latencies.append(run_once(loaded, batch, ports.clock.monotonic_ns))
            requests += len(batch)
            progress(len(latencies), None)
            if converging and len(latencies) >= max(config.n_warmup, _CV_RUNS):
                cv = _cv(latencies)
                if cv is not None and cv <= config.cv_threshold:
                    break
    cv = _cv(latencies)
    return Warmup(
        converged=(cv is not None and cv <= config.cv_threshold) if converging else None,
        final_cv=cv,
        latencies_ms=tuple(latencies),
        requests=requests,
        duration_s=(ports.clock.monotonic_ns() - started_ns) / 1e9,
    )


def run_once(
    loaded: LoadedModel, batch: Sequence[GenerationRequest], now_ns: Callable[[], int]
) -> float:
    """Milliseconds of one batch, synchronised on both sides."""
    loaded.synchronize()
    started_ns = now_ns()
    loaded.generate(batch)
    loaded.synchronize()
    return (now_ns() - started_ns) / 1e6


def _cv(latencies: Sequence[float]) -> float | None:
    """Coefficient of variation of the last runs; None before there are enough."""
    last = latencies[-_CV_RUNS:]
    if len(last) < _CV_RUNS:
        return None
    return statistics.stdev(last) / statistics.fmean(last)
