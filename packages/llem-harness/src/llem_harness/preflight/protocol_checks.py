"""Whether the steps that were asked for go together."""

from llem_contracts import Problem
from llem_schema import ExperimentConfig


def protocol_problems(config: ExperimentConfig) -> tuple[Problem, ...]:
    """That a cold start is to be in a steady state."""
    if not (config.cold_start and config.methodology == "steady_state"):
        return ()
    return (
        Problem(
            code="protocol_conflict",
            message=(
                "cold_start measures from the first request on, and a methodology of "
                "steady_state leaves the first pass out"
            ),
            cure="Ask for one of them.",
        ),
    )
