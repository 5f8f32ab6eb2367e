"""What is wrong with a config by itself, before any model is looked at."""

from llem_contracts import BackendDescriptor, NotSupported, Problem
from llem_schema import ExperimentConfig

from llem_backend_pytorch.generation_checks import generation_problems
from llem_backend_pytorch.problems import UnusableModel
from llem_backend_pytorch.reserved import reserved_argument_problems


def request_problems(config: ExperimentConfig) -> tuple[Problem, ...]:
    """Arguments that are the backend's own, settings that nothing would use, and settings that
    exclude one another."""
    return (
        *reserved_argument_problems(config),
        *_idle_sampling_settings(config),
        *generation_problems(config),
    )


def refuse(config: ExperimentConfig, descriptor: BackendDescriptor) -> None:
    """Raise `NotSupported` for what the descriptor lacks, `BackendError` for the first problem."""
    asked = (
        ("precision", config.precision, descriptor.precisions),
        ("decoder.strategy", config.decoder.strategy, descriptor.decoding_strategies),
        ("output_length", config.output_length, descriptor.output_lengths),
    )
    for key, value, known in asked:
        if value not in known:
            raise NotSupported(
                f"the backend {descriptor.name} does not support {key}: {value}",
                cure=f"It supports {', '.join(sorted(known)) or 'none'}.",
            )
    for problem in request_problems(config):
        raise UnusableModel(problem)


def _idle_sampling_settings(config: ExperimentConfig) -> tuple[Problem, ...]:
    if config.decoder.strategy != "greedy":
        return ()
    return tuple(
        Problem(
            code="decoder_conflict",
            message=f"decoder.{name} has no effect under greedy decoding",
            cure="Set decoder.strategy to sample, or leave it out.",
        )
        for name in ("temperature", "top_k", "top_p")
        if getattr(config.decoder, name) is not None
    )
