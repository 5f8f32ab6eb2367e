"""What is wrong with a config by itself, before any model is looked at."""

from llem_contracts import BackendDescriptor, NotSupported, Problem
from llem_schema import ExperimentConfig

from llem_backend_pytorch.adapter import adapter_problems
from llem_backend_pytorch.builtin import PREFIX
from llem_backend_pytorch.generation_checks import generation_problems
from llem_backend_pytorch.libraries import Installed
from llem_backend_pytorch.model_source import kind_of
from llem_backend_pytorch.placement import placement_problems
from llem_backend_pytorch.problems import UnusableModel
from llem_backend_pytorch.quantization import quantization_problems
from llem_backend_pytorch.reserved import reserved_argument_problems
from llem_backend_pytorch.settings import settings_of


def request_problems(
    config: ExperimentConfig, installed: Installed, shards: int = 1
) -> tuple[Problem, ...]:
    """Arguments that are the backend's own, settings that nothing would use or that exclude one
    another, libraries that are not there; and a remark on code from a repository."""
    settings = settings_of(config)
    quantization = settings.quantization
    return (
        *reserved_argument_problems(config),
        *_idle_revision(config),
        *_idle_sampling_settings(config),
        *placement_problems(settings, installed, shards),
        *_split_adapter(config),
        *(quantization_problems(quantization, installed) if quantization is not None else ()),
        *adapter_problems(config.lora, installed),
        *_trusted_code(config.model, settings.trust_remote_code),
        *generation_problems(config),
    )


def refuse(
    config: ExperimentConfig,
    descriptor: BackendDescriptor,
    installed: Installed,
    shards: int = 1,
) -> None:
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
    if config.lora is not None and not descriptor.adapters:
        raise NotSupported(
            f"the backend {descriptor.name} does not support lora",
            cure="Leave out lora.",
        )
    for problem in request_problems(config, installed, shards):
        if problem.blocking:
            raise UnusableModel(problem)


def _split_adapter(config: ExperimentConfig) -> tuple[Problem, ...]:
    if config.lora is None or settings_of(config).tp_plan is None:
        return ()
    return (
        Problem(
            code="setting_conflict",
            message="pytorch.tp_plan splits the matrices, which lora does not go with",
            cure="Merge the adapter into the model's own checkpoint, or leave out one of the two.",
        ),
    )


def _trusted_code(model: str, trusted: bool) -> tuple[Problem, ...]:
    if not trusted or model.startswith(PREFIX):
        return ()
    return (
        Problem(
            code="remote_code_trusted",
            message=f"Python code from the repository of {model!r} may run in this process",
            cure="Read that code, or set pytorch.trust_remote_code to false.",
            blocking=False,
        ),
    )


def _idle_revision(config: ExperimentConfig) -> tuple[Problem, ...]:
    if config.revision is None or kind_of(config.model) == "hub":
        return ()
    return (
        Problem(
            code="setting_conflict",
            message=f"revision is that of a hub model, and {config.model!r} is none",
            cure="Leave revision out.",
        ),
    )


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
