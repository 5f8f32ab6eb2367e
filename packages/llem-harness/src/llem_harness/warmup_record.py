"""What a result says of what came before its window."""

from llem_schema import ColdStart, ExperimentConfig, HeatRecord, NotMeasured, WarmupResult

from llem_harness.cold_start import NO_WARMUP, cold_start_gaps, warmup_of
from llem_harness.warmup import Warmup


def warmup_result(
    config: ExperimentConfig, warmup: Warmup, heat: HeatRecord, cold_start: ColdStart | None
) -> WarmupResult:
    """What the runs took, whether they converged, and the heat after them."""
    asked = warmup_of(config)
    converging = asked.convergence_detection
    return WarmupResult(
        converged=warmup.converged,
        final_cv=warmup.final_cv,
        iterations_completed=len(warmup.latencies_ms),
        target_cv=asked.cv_threshold if converging else None,
        max_prompts=asked.max_prompts if converging else None,
        latencies_ms=warmup.latencies_ms,
        duration_s=warmup.duration_s,
        heat=heat,
        cold_start=cold_start,
    )


def warmup_gaps(
    warmup: Warmup, heat: HeatRecord, cold_start: ColdStart | None
) -> dict[str, NotMeasured]:
    """Why parts of that are None."""
    gaps = cold_start_gaps(cold_start)
    if warmup.converged is None:
        fixed = NotMeasured(code="not_requested", reason="the warm-up was a fixed number of runs")
        if cold_start is not None:
            fixed = NO_WARMUP
        for name in ("converged", "target_cv", "max_prompts"):
            gaps[f"warmup_result.{name}"] = fixed
    if warmup.final_cv is None:
        gaps["warmup_result.final_cv"] = NotMeasured(
            code="too_few_runs", reason="fewer than three warm-up runs have no stable variation"
        )
    if heat.settled is None:
        gaps["warmup_result.heat.settled"] = NotMeasured(code="not_applicable", reason=heat.note)
    return gaps
