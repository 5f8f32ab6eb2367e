"""Whether a backend declares what a config asks for."""

from collections.abc import Iterable

from llem_contracts import BackendDescriptor, Problem
from llem_schema import ExperimentConfig


def unsupported(config: ExperimentConfig, descriptor: BackendDescriptor) -> tuple[Problem, ...]:
    """What `config` asks of the backend and its descriptor does not declare."""
    asked = (
        ("precision", config.precision, descriptor.precisions),
        ("decoder.strategy", config.decoder.strategy, descriptor.decoding_strategies),
        ("output_length", config.output_length, descriptor.output_lengths),
    )
    problems = [
        Problem(
            code="not_supported",
            message=f"the backend {descriptor.name!r} does not support {key}: {value}",
            cure=f"Set {key} to {_alternatives(declared)}.",
        )
        for key, value, declared in asked
        if value not in declared
    ]
    if config.lora is not None and not descriptor.adapters:
        problems.append(
            Problem(
                code="not_supported",
                message=f"the backend {descriptor.name!r} does not support lora",
                cure="Leave lora out, and give a model that the adapter is merged into.",
            )
        )
    return tuple(problems)


def _alternatives(values: Iterable[str]) -> str:
    return " or ".join(sorted(values))
