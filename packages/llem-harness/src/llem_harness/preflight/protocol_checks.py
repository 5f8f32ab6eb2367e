"""Whether the steps that were asked for go together."""

from llem_contracts import Problem
from llem_schema import ExperimentConfig

from llem_harness.cold_start import warmup_of


def protocol_problems(config: ExperimentConfig) -> tuple[Problem, ...]:
    """That a cold start is to be in a steady state, or a warm-up to be longer than it may."""
    found = []
    if config.cold_start and config.methodology == "steady_state":
        found.append(
            Problem(
                code="protocol_conflict",
                message=(
                    "cold_start measures from the first request on, and a methodology of "
                    "steady_state leaves the first pass out"
                ),
                cure="Ask for one of them.",
            )
        )
    warmup = warmup_of(config)
    if warmup.convergence_detection and warmup.n_warmup > warmup.max_prompts:
        found.append(
            Problem(
                code="protocol_conflict",
                message=(
                    f"warmup.n_warmup asks for at least {warmup.n_warmup} runs, and "
                    f"warmup.max_prompts for at most {warmup.max_prompts}"
                ),
                cure="Raise warmup.max_prompts, or lower warmup.n_warmup.",
            )
        )
    return tuple(found)
