"""A run without warm-up and heat: what a model costs that has just been loaded."""

from llem_schema import ColdStart, ExperimentConfig, NotMeasured, WarmupConfig

from llem_harness.window import MeasuredWindow

NO_WARMUP = NotMeasured(code="not_requested", reason="`cold_start` leaves the warm-up out")


def warmup_of(config: ExperimentConfig) -> WarmupConfig:
    """The warm-up that a run really has: none at a cold start, whatever the section says."""
    if not config.cold_start:
        return config.warmup
    return config.warmup.model_copy(
        update={"n_warmup": 0, "convergence_detection": False, "thermal": "off"}
    )


def cold_start_of(
    config: ExperimentConfig, load_s: float, window: MeasuredWindow
) -> ColdStart | None:
    """The request of a cold run that was computed first, which need not be the first prompt's.

    Its first token is timed where the window's steps are.
    """
    if not config.cold_start:
        return None
    first = min(window.passes[0], key=lambda request: request.start_ns)
    to_first_token_s = (first.token_ns[0] - first.start_ns) / 1e9
    return ColdStart(
        time_to_first_token_s=load_s + to_first_token_s if window.step_times else None,
        first_request_s=(first.token_ns[-1] - first.start_ns) / 1e9,
    )


def cold_start_gaps(record: ColdStart | None) -> dict[str, NotMeasured]:
    """Why there is none, or no first token in it."""
    path = "warmup_result.cold_start"
    if record is None:
        return {path: NotMeasured(code="not_requested", reason="`cold_start` was not asked for")}
    if record.time_to_first_token_s is not None:
        return {}
    reason = "with `latency: separate` the steps of the window have no times"
    return {f"{path}.time_to_first_token_s": NotMeasured(code="not_applicable", reason=reason)}
