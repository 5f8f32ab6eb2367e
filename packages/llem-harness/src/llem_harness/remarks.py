"""What a reader of the numbers must be told: coded warnings and notes."""

from collections.abc import Sequence

from llem_contracts import GeneratedRequest, MeterChoice, Problem
from llem_schema import (
    ENERGY_ESTIMATED,
    EnergyBreakdown,
    EnergyReading,
    ExperimentConfig,
    HeatRecord,
    HostRecord,
    MeasurementWarning,
    NotMeasured,
    PromptsRecord,
    ThrottlingRecord,
)

from llem_harness.methodology import Methodology
from llem_harness.sensor_remarks import (
    flag_warnings,
    temperature_warnings,
    throttling_warnings,
)
from llem_harness.warmup import Warmup

_FEW_SAMPLES = 10
_LARGE_BASELINE_SHARE = 0.5
_RECOMMENDED_WINDOW_S = 10.0


def warnings_of(
    *,
    config: ExperimentConfig,
    preflight: tuple[Problem, ...],
    reading: EnergyReading,
    samples: int,
    breakdown: EnergyBreakdown | None,
    no_energy: NotMeasured | None,
    baseline_missing: NotMeasured | None,
    warmup: Warmup,
    heat: HeatRecord,
    methodology: Methodology,
    throttling: ThrottlingRecord | None,
    temperature_drift_c: float | None,
    prompts: PromptsRecord,
    dummy_weights: bool,
    compilations: int,
) -> tuple[MeasurementWarning, ...]:
    """All warnings of a run, in the order in which they arose."""
    found = [
        MeasurementWarning(code=problem.code, message=f"{problem.message}. {problem.cure}")
        for problem in preflight
    ]

    def warn(code: str, message: str) -> None:
        found.append(MeasurementWarning(code=code, message=message))

    if no_energy is not None:
        if no_energy.code == "no_sensor":
            warn("no_sensor", f"Energy was not measured: {no_energy.reason}.")
    elif reading.energy_j is None:
        warn(reading.code or "sensor_failed", f"Energy is missing: {reading.reason}.")
    if ENERGY_ESTIMATED in reading.flags:
        how = next((d.reason for d in reading.devices if d.reason), "no sensor was read")
        warn(ENERGY_ESTIMATED, f"Energy is an estimate, not a measurement: {how}.")
    told = {warning.code for warning in found}
    found += [warning for warning in flag_warnings(reading) if warning.code not in told]
    found += throttling_warnings(throttling, reading.duration_s)
    found += temperature_warnings(temperature_drift_c)
    if no_energy is None and baseline_missing is not None:
        warn(
            "baseline_missing",
            f"Nothing is subtracted for the idle devices: {baseline_missing.reason}.",
        )
    if no_energy is None and samples < _FEW_SAMPLES:
        warn("few_samples", f"The window holds only {samples} sensor samples.")
    if reading.duration_s < _RECOMMENDED_WINDOW_S:
        warn(
            "short_window",
            f"The window lasted {reading.duration_s:.2f} s; figures from less than "
            f"{_RECOMMENDED_WINDOW_S:g} s scatter more.",
        )
    if (
        breakdown is not None
        and breakdown.baseline_share is not None
        and breakdown.baseline_share > _LARGE_BASELINE_SHARE
    ):
        warn(
            "large_baseline",
            f"The idle power is {breakdown.baseline_share:.0%} of the gross energy, so the "
            "adjusted figure rests on a difference of similar numbers.",
        )
    if warmup.converged is False:
        why = "they are too few to tell how much their latencies vary"
        if warmup.final_cv is not None:
            why = f"the latencies of the last ones still varied by {warmup.final_cv:.1%}"
        warn(
            "not_converged",
            f"The warm-up did not converge in {len(warmup.latencies_ms)} runs: {why}.",
        )
    if heat.settled is False:
        warn("not_settled", f"The devices had not settled: {heat.note}.")
    not_steady = methodology.missing.get("steady_state_window")
    if not_steady is not None and not_steady.code == "not_steady":
        warn(
            "not_steady",
            f"The window was to be a steady state and is none: {not_steady.reason}.",
        )
    if prompts.provenance.repeated:
        warn(
            "prompts_repeated",
            f"{config.n} prompts were asked for and the set {prompts.provenance.name!r} has "
            f"{prompts.provenance.available}, so prompts repeat.",
        )
    if prompts.truncated and prompts.input_tokens.maximum != config.max_input_tokens:
        warn(
            "prompts_truncated",
            f"{prompts.truncated} of {prompts.n} prompts were cut to "
            f"{prompts.input_tokens.maximum} tokens, because the model has no positions for "
            "more beside the output.",
        )
    if not warmup.requests:
        warn(
            "cold_start",
            "There was no warm-up: the window holds what a model pays for once, with its first "
            "requests, and no steady state.",
        )
    if compilations and warmup.requests:
        warn(
            "compiled_in_window",
            f"Code was compiled {compilations} times inside the window, which took time and "
            "energy that a warm model does not; raise warmup.n_warmup to the number of batches.",
        )
    if dummy_weights:
        warn(
            "dummy_weights",
            "The weights are random: the arithmetic is that of the real model, but power "
            "depends on the values too, so joules may differ from the trained model's by "
            "tens of percent.",
        )
    return tuple(found)


def notes_of(
    config: ExperimentConfig,
    meter: MeterChoice,
    reading: EnergyReading,
    host: HostRecord | None,
    prompts: PromptsRecord,
    requests: Sequence[GeneratedRequest],
    methodology: Methodology,
) -> tuple[str, ...]:
    """What someone needs to know who wants the same figure again."""
    energy = (
        f"Energy was read by the meter {meter.name} {meter.version}, method {reading.method}."
        if meter.descriptor.senses
        else "Energy was not measured."
    )
    if host is not None:
        energy += f" That of the host: {host.name} {host.version}, {host.method} of {host.scope}."
    length = (
        f"Every request generated exactly {config.max_output_tokens} tokens."
        if config.output_length == "fixed"
        else f"Requests ended by themselves, at the latest after {config.max_output_tokens} tokens."
    )
    cold = ("Cold start: the engine began anew, and the system's cache of files was not emptied.",)
    return (
        energy,
        f"Decoding: {config.decoder.strategy}, random_seed {config.random_seed}.",
        length,
        f"Prompts: {prompts.provenance.name}, sha256 {prompts.provenance.sha256[:16]}.",
        "Prefill is inside the window and inside every ratio.",
        methodology.note,
        "Latencies: the times of steps were taken in the window."
        if config.latency != "separate"
        else "Latencies: from a pass of its own after the window, which took no times of steps.",
        *(cold if config.cold_start else ()),
        *_places(config),
        *_drafting(config, requests),
        *_cut_chats(config, prompts),
        *_copies(requests),
    )


def _copies(requests: Sequence[GeneratedRequest]) -> tuple[str, ...]:
    copies = len({request.process for request in requests})
    if copies == 1:
        return ()
    return (f"Computed by {copies} copies of the model, each in a process of its own.",)


def _places(config: ExperimentConfig) -> tuple[str, ...]:
    if config.pytorch is None or config.pytorch.batching != "continuous":
        return ()
    return (
        "Continuous batching: a request starts when it gets its place, and waiting for one is in "
        "no latency; no beginnings of prompts are shared.",
    )


def _cut_chats(config: ExperimentConfig, prompts: PromptsRecord) -> tuple[str, ...]:
    """A prompt is cut at its end, where a chat template has put the beginning of the answer."""
    if config.pytorch is None or not config.pytorch.chat_template or not prompts.truncated:
        return ()
    return (
        f"{prompts.truncated} of {prompts.n} prompts in the form of a chat were cut, and with "
        "their ends went the beginning of the answer that the template writes.",
    )


def _drafting(config: ExperimentConfig, requests: Sequence[GeneratedRequest]) -> tuple[str, ...]:
    """How many tokens a step brought where they were drafted and checked together.

    Tokens of one step have one time, and drafting takes one prompt at a time, so the distinct times
    of a request are its steps.
    """
    section = config.pytorch
    if section is None or not (section.assistant_model or section.prompt_lookup_num_tokens):
        return ()
    by = "an assistant" if section.assistant_model else "looking them up in the prompt"
    note = (
        f"Tokens were drafted by {by}; drafting, and checking what was not confirmed, is in time "
        "and energy and not in FLOPs."
    )
    if config.latency == "separate":
        return (note,)
    steps = sum(len(set(request.token_ns)) for request in requests)
    tokens = sum(request.output_tokens for request in requests)
    return (f"{note} A step brought {tokens / steps:.2f} tokens.",)
