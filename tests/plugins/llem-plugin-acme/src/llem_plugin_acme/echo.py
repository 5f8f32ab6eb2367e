"""The backend `acme-echo`: its one model, `acme:echo`, says the prompt again and again.

With `output_length: natural` it stops where the prompt ends, with `fixed` at
`max_output_tokens`. Tokens are bytes.
"""

import os
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from llem_contracts import (
    BackendError,
    BackendPlan,
    Clock,
    GeneratedRequest,
    GenerationRequest,
    NotSupported,
    Problem,
    SystemClock,
)
from llem_schema import (
    HOST_ID,
    DeviceFacts,
    ExperimentConfig,
    FrozenDict,
    JsonObject,
    MemoryUsage,
    ModelShape,
    RunSettings,
)

from llem_plugin_acme.descriptors import ECHO
from llem_plugin_acme.section import section_of

MODEL = "acme:echo"
SHAPE = ModelShape(
    architecture="echo",
    dimensions=None,
    counted_parameters=None,
    counted_embedding_parameters=None,
)


class EchoBackend:
    """An `InferenceBackend` without an engine."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    def plan(self, config: ExperimentConfig, devices: Sequence[DeviceFacts]) -> BackendPlan:
        del devices  # always the CPU
        return BackendPlan(
            shape=SHAPE,
            devices=("cpu",),
            batch_size=section_of(config).batch_size,
            effective_config=_effective(config),
            dummy_weights=False,
            problems=_problems(config),
        )

    def fetch(self, config: ExperimentConfig) -> None:
        """There is nothing to fetch: an echo has no files."""
        for problem in _problems(config):
            raise BackendError(problem.message, cure=problem.cure)

    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator["Echo"]:
        _refuse_undeclared(config)
        self.fetch(config)
        yield Echo(config, self._clock)


class Echo:
    """The `LoadedModel` of `acme:echo`."""

    devices = (HOST_ID,)
    shape = SHAPE
    commit: str | None = None

    def __init__(self, config: ExperimentConfig, clock: Clock) -> None:
        self.tokenizer = Bytes()
        self.effective_config = _effective(config)
        self._section = section_of(config)
        self._most_tokens = config.max_output_tokens
        self._fixed = config.output_length == "fixed"
        self._clock = clock
        self._loaded_mib = self._peak_mib = resident_mib()

    def environment(self) -> JsonObject:
        return FrozenDict({"python": platform.python_version()})

    def batches(
        self, requests: Sequence[GenerationRequest]
    ) -> tuple[tuple[GenerationRequest, ...], ...]:
        size = self._section.batch_size
        return tuple(
            tuple(requests[first : first + size]) for first in range(0, len(requests), size)
        )

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        progress: Callable[[int], None] | None = None,
        *,
        output_tokens: int | None = None,
        step_times: bool = True,
    ) -> tuple[GeneratedRequest, ...]:
        most_tokens = min(output_tokens or self._most_tokens, self._most_tokens)
        done: list[GeneratedRequest] = []
        for number, batch in enumerate(self.batches(requests)):
            done += self._batch(number, batch, most_tokens, step_times)
            self._peak_mib = max(self._peak_mib, resident_mib())
            if progress is not None:
                progress(len(done))
        return tuple(done)

    def synchronize(self) -> None:
        """Nothing is ever in flight: `generate` returns when it is done."""

    def compilations(self) -> int:
        return 0

    def reset_peak_memory(self) -> None:
        self._peak_mib = max(self._loaded_mib, resident_mib())

    def memory(self) -> MemoryUsage:
        return MemoryUsage(
            weights_mib=0.0,  # an echo has none
            model_memory_mib=self._loaded_mib,
            peak_memory_mib=self._peak_mib,
            inference_memory_mib=self._peak_mib - self._loaded_mib,
            device_memory_mib=None,
            source="resident_set",
        )

    def _batch(
        self,
        number: int,
        batch: Sequence[GenerationRequest],
        most_tokens: int,
        step_times: bool,
    ) -> list[GeneratedRequest]:
        start_ns = self._clock.monotonic_ns()
        longest = max(len(request.token_ids) for request in batch)
        useful = [
            most_tokens if self._fixed else min(most_tokens, len(request.token_ids))
            for request in batch
        ]
        token_ns = []
        for _ in range(max(useful)):
            self._clock.sleep(self._section.step_ms / 1000)
            token_ns.append(self._clock.monotonic_ns())
        return [
            GeneratedRequest(
                index=request.index,
                batch=number,
                input_tokens=len(request.token_ids),
                padded_tokens=longest - len(request.token_ids),
                output_tokens=tokens,
                discarded_tokens=len(token_ns) - tokens,
                start_ns=start_ns,
                token_ns=tuple(token_ns[:tokens] if step_times else token_ns[-1:]),
            )
            for request, tokens in zip(batch, useful, strict=True)
        ]


class Bytes:
    """A `Tokenizer` whose tokens are the bytes of UTF-8."""

    def encode(self, text: str) -> list[int]:
        return list(text.encode())

    def decode(self, token_ids: Sequence[int]) -> str:
        return bytes(token_ids).decode(errors="replace")


def resident_mib() -> float:
    """Resident set of this process; Linux."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _effective(config: ExperimentConfig) -> JsonObject:
    return FrozenDict(section_of(config).model_dump())


def _problems(config: ExperimentConfig) -> tuple[Problem, ...]:
    problems = []
    if config.model != MODEL:
        problems.append(
            Problem(
                code="model_not_found",
                message=f"acme-echo has no model {config.model!r}",
                cure=f"Use `model: {MODEL}`.",
            )
        )
    if config.passthrough_kwargs:
        problems.append(
            Problem(
                code="passthrough_not_supported",
                message="acme-echo takes no `passthrough_kwargs`",
                cure="Remove them.",
            )
        )
    return tuple(problems)


def _refuse_undeclared(config: ExperimentConfig) -> None:
    """The descriptor is the one place that says what is supported."""
    for asked, declared in (
        (config.precision, ECHO.precisions),
        (config.decoder.strategy, ECHO.decoding_strategies),
        (config.output_length, ECHO.output_lengths),
    ):
        if asked not in declared:
            raise NotSupported(
                f"acme-echo does not support {asked}",
                cure=f"Use {' or '.join(sorted(declared))}.",
            )
    if config.lora is not None:
        raise NotSupported("acme-echo has no model to adapt", cure="Leave out lora.")


def echo_backend(settings: RunSettings) -> EchoBackend:
    """What the descriptor names."""
    del settings  # it keeps no models on disk
    return EchoBackend()
