"""An engine that generates nothing, at a stated pace."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from llem_contracts import (
    BackendDescriptor,
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
    DeviceFacts,
    ExperimentConfig,
    FrozenDict,
    JsonObject,
    MemoryUsage,
    ModelShape,
    RunSettings,
)

from llem_testing.cases import example_shape
from llem_testing.load import Load
from llem_testing.tokenizer import ByteTokenizer

SCRIPTED_BACKEND = BackendDescriptor(
    name="scripted",
    summary="a pace without a model",
    factory="llem_testing.backend:scripted_backend",
    precisions=frozenset({"fp32", "bf16"}),
    decoding_strategies=frozenset({"greedy"}),
    output_lengths=frozenset({"fixed", "natural"}),
)
_MEMORY = MemoryUsage(
    weights_mib=12.0,
    model_memory_mib=16.0,
    peak_memory_mib=20.0,
    inference_memory_mib=4.0,
    device_memory_mib=None,
    source="backend",
)


class ScriptedBackend:
    """An `InferenceBackend` that lets the clock pass `prefill_s` per batch and `step_s` per token.

    `calls` holds the name of every call in order, and `configs` what `load` was given.
    """

    def __init__(
        self,
        clock: Clock,
        load: Load | None = None,
        *,
        shape: ModelShape | None = None,
        logical_devices: Sequence[str] = ("cpu",),
        uuids: Sequence[str] = ("host",),
        batch_size: int = 4,
        load_s: float = 0.0,
        prefill_s: float = 0.01,
        step_s: float = 0.01,
        step_time_s: float = 0.0,
        natural_length: Callable[[GenerationRequest], int] = lambda request: 1 + request.index % 7,
        memory: MemoryUsage = _MEMORY,
        dummy_weights: bool = False,
        max_sequence_tokens: int | None = None,
        plan_problems: Sequence[Problem] = (),
        fetch_error: BaseException | None = None,
        load_error: BaseException | None = None,
        generate_errors: Mapping[int, BaseException] | None = None,
    ) -> None:
        """`load` is told when the devices work. `step_time_s` is what taking the time of a step
        costs. `natural_length` gives the useful tokens of a
        request when `output_length` is natural. `generate_errors` by the number of the call of
        `generate`, from 0; a `KeyboardInterrupt` among them strikes after the first batch."""
        self.clock = clock
        self.load_record = load or Load()
        self.shape = shape or example_shape()
        self.logical_devices = tuple(logical_devices)
        self.uuids = tuple(uuids)
        self.batch_size = batch_size
        self.prefill_s = prefill_s
        self.step_s = step_s
        self.step_time_s = step_time_s
        self.natural_length = natural_length
        self.memory = memory
        self.generate_errors = dict(generate_errors or {})
        self.calls: list[str] = []
        self.configs: list[ExperimentConfig] = []
        self.batches: list[tuple[GenerationRequest, ...]] = []
        self._load_s = load_s
        self._dummy_weights = dummy_weights
        self._max_sequence_tokens = max_sequence_tokens
        self._plan_problems = tuple(plan_problems)
        self._fetch_error = fetch_error
        self._load_error = load_error

    def plan(self, config: ExperimentConfig, devices: Sequence[DeviceFacts]) -> BackendPlan:
        del devices  # the script names the devices
        self.calls.append("plan")
        return BackendPlan(
            shape=self.shape,
            devices=self.logical_devices,
            batch_size=self.batch_size,
            effective_config=self.effective_config(config),
            dummy_weights=self._dummy_weights,
            problems=self._plan_problems,
            max_sequence_tokens=self._max_sequence_tokens,
        )

    def fetch(self, config: ExperimentConfig) -> None:
        del config
        self.calls.append("fetch")
        if self._fetch_error is not None:
            raise self._fetch_error

    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator["ScriptedModel"]:
        self.calls.append("load")
        self.configs.append(config)
        _refuse_undeclared(config)
        if self._load_error is not None:
            raise self._load_error
        self.clock.sleep(self._load_s)
        try:
            yield ScriptedModel(self, config)
        finally:
            self.calls.append("unload")

    def effective_config(self, config: ExperimentConfig) -> JsonObject:
        """What a run under this config really uses."""
        return FrozenDict(
            {
                "batch_size": self.batch_size,
                "precision": config.precision,
                "output_length": config.output_length,
                "max_output_tokens": config.max_output_tokens,
                "passthrough_kwargs": config.passthrough_kwargs or FrozenDict(),
            }
        )


class ScriptedModel:
    """The `LoadedModel` of a `ScriptedBackend`."""

    commit: str | None = None

    def __init__(self, backend: ScriptedBackend, config: ExperimentConfig) -> None:
        self.tokenizer = ByteTokenizer()
        self.devices = backend.uuids
        self.shape = backend.shape
        self.effective_config = backend.effective_config(config)
        self._backend = backend
        self._config = config

    def environment(self) -> JsonObject:
        return FrozenDict({"engine": "scripted"})

    def batches(
        self, requests: Sequence[GenerationRequest]
    ) -> tuple[tuple[GenerationRequest, ...], ...]:
        size = self._backend.batch_size
        return tuple(
            tuple(requests[start : start + size]) for start in range(0, len(requests), size)
        )

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        progress: Callable[[int], None] | None = None,
        *,
        output_tokens: int | None = None,
        step_times: bool = True,
    ) -> tuple[GeneratedRequest, ...]:
        backend = self._backend
        error = backend.generate_errors.get(backend.calls.count("generate"))
        backend.calls.append("generate")
        if error is not None and not isinstance(error, KeyboardInterrupt):
            raise error
        done: list[GeneratedRequest] = []
        for number, batch in enumerate(self.batches(requests)):
            backend.batches.append(batch)
            with backend.load_record.busy(backend.clock):
                done += self._batch(number, batch, output_tokens, step_times)
            if error is not None:
                raise error
            if progress is not None:
                progress(len(done))
        return tuple(done)

    def synchronize(self) -> None:
        self._backend.calls.append("synchronize")

    def compilations(self) -> int:
        return 0

    def reset_peak_memory(self) -> None:
        self._backend.calls.append("reset_peak_memory")

    def memory(self) -> MemoryUsage:
        self._backend.calls.append("memory")
        return self._backend.memory

    def _batch(
        self,
        number: int,
        batch: Sequence[GenerationRequest],
        output_tokens: int | None,
        step_times: bool,
    ) -> list[GeneratedRequest]:
        clock = self._backend.clock
        most = min(output_tokens or self._config.max_output_tokens, self._config.max_output_tokens)
        useful = [self._useful_tokens(request, most) for request in batch]
        start_ns = clock.monotonic_ns()
        clock.sleep(self._backend.prefill_s)
        steps_ns = []
        for _ in range(max(useful)):
            clock.sleep(self._backend.step_s + (self._backend.step_time_s if step_times else 0.0))
            steps_ns.append(clock.monotonic_ns())
        longest = max(len(request.token_ids) for request in batch)
        return [
            GeneratedRequest(
                index=request.index,
                batch=number,
                input_tokens=len(request.token_ids),
                padded_tokens=longest - len(request.token_ids),
                output_tokens=tokens,
                discarded_tokens=len(steps_ns) - tokens,
                start_ns=start_ns,
                token_ns=tuple(steps_ns[:tokens] if step_times else steps_ns[-1:]),
            )
            for request, tokens in zip(batch, useful, strict=True)
        ]

    def _useful_tokens(self, request: GenerationRequest, most: int) -> int:
        if self._config.output_length == "fixed":
            return most
        tokens = self._backend.natural_length(request)
        if tokens < 1:
            raise BackendError(f"the script gives request {request.index} no output")
        return min(most, tokens)


def _refuse_undeclared(config: ExperimentConfig) -> None:
    declared = SCRIPTED_BACKEND
    if (
        config.precision not in declared.precisions
        or config.decoder.strategy not in declared.decoding_strategies
        or config.output_length not in declared.output_lengths
        or config.lora is not None
    ):
        raise NotSupported(
            "the scripted backend does not support this precision, decoding strategy, output "
            "length or adapter",
            cure="Ask for what its descriptor declares.",
        )


def scripted_backend(settings: RunSettings) -> ScriptedBackend:
    """What the descriptor names: a scripted backend in real time."""
    del settings
    return ScriptedBackend(SystemClock())
