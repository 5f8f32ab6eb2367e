"""The boundary `backend`: an engine that loads a model and generates with it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from llem_schema import (
    DecodingStrategy,
    DeviceFacts,
    ExperimentConfig,
    JsonObject,
    MemoryUsage,
    ModelShape,
    OutputLength,
    Precision,
    WeightBits,
)

from llem_contracts.descriptor import Boundary, Descriptor
from llem_contracts.problem import Problem


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One prompt to continue."""

    index: int
    """Position of the prompt in its pass."""
    token_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GeneratedRequest:
    """What became of one request. Times are `time.monotonic_ns`."""

    index: int
    batch: int
    """Number of the batch within the call, whichever copy of the model computed it."""
    input_tokens: int
    padded_tokens: int
    """Padding positions that were computed beside the input."""
    output_tokens: int
    """Useful ones: the end-of-sequence token counts when it was generated, nothing after it."""
    discarded_tokens: int
    """Positions computed after the end of the sequence."""
    start_ns: int
    """When its batch was handed to the model."""
    token_ns: tuple[int, ...]
    """When each useful output token was there; the last one is the request's end. One time alone,
    that of the batch's end, where `generate` was told to leave the steps' out."""
    process: int = 0
    """Number of the copy of the model that computed it; see `BackendPlan.replicas`."""


@dataclass(frozen=True, kw_only=True)
class BackendPlan:
    """What a backend intends to do, found out without touching a device."""

    shape: ModelShape | None
    """None where the model's config cannot be read; `problems` then says why."""
    devices: tuple[str, ...]
    """Logical devices such as `cuda:0`, or `cpu`."""
    batch_size: int
    """Prompts computed at once."""
    effective_config: JsonObject
    """The backend's section with every default filled in."""
    dummy_weights: bool
    problems: tuple[Problem, ...]
    max_sequence_tokens: int | None = None
    """Prompt and output together that the model has positions for; None without a limit."""
    download_bytes: int | None = 0
    """Of the files that `fetch` would bring; None where it is not known how many they are."""
    replicas: int = 1
    """Copies of the model that compute at the same time, spread evenly over `devices`. Of the
    batches of a pass, copy k computes those whose number leaves the remainder k, and a request goes
    to the same copy in every call."""
    weight_bits: WeightBits | None = None
    """Of the matrices where they are quantised while loading."""
    assistant_shape: ModelShape | None = None
    """Of a second model that drafts tokens, beside every copy of the first; None without one."""


class Tokenizer(Protocol):
    """The loaded model's own tokenizer."""

    def encode(self, text: str) -> list[int]:
        """Token ids as the model is fed them, special tokens included."""
        ...

    def decode(self, token_ids: Sequence[int]) -> str: ...


class LoadedModel(Protocol):
    """A model in memory, ready to generate."""

    @property
    def tokenizer(self) -> Tokenizer: ...

    @property
    def devices(self) -> tuple[str, ...]:
        """UUIDs of the devices that hold the model; `host` for the CPU."""
        ...

    @property
    def shape(self) -> ModelShape: ...

    @property
    def commit(self) -> str | None:
        """Commit of a hub model; None for one that is not from a hub."""
        ...

    @property
    def effective_config(self) -> JsonObject:
        """What was really loaded and is really passed on."""
        ...

    def environment(self) -> JsonObject:
        """The engine's versions and what it sees, such as `{"torch": "2.13.0", "cuda": None}`."""
        ...

    def batches(
        self, requests: Sequence[GenerationRequest]
    ) -> tuple[tuple[GenerationRequest, ...], ...]:
        """The requests that `generate` computes at once, batch by batch, in the order in which it
        computes them. Where a request takes the place of one that has ended, there are no batches;
        then these are requests that may be computed at once."""
        ...

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        progress: Callable[[int], None] | None = None,
        *,
        output_tokens: int | None = None,
        step_times: bool = True,
    ) -> tuple[GeneratedRequest, ...]:
        """Continue all requests, in batches of the backend's making; one answer for each, in order.

        `progress` is told how many requests are done, after each batch. `output_tokens` ends every
        request of this call after so many tokens, where the config asks for more: with 1, the
        batches are prefilled and hardly more. Without `step_times` nothing is done at a step for
        the sake of its time. Raises `BackendError`, and `OutOfMemory` with the batch size that is
        likely to fit.
        """
        ...

    def synchronize(self) -> None:
        """Return when nothing is in flight on any device."""
        ...

    def compilations(self) -> int:
        """How often code was compiled for the model so far; 0 where nothing ever is."""
        ...

    def reset_peak_memory(self) -> None: ...

    def memory(self) -> MemoryUsage:
        """Memory since the last reset. `device_memory_mib` is left to the caller: None."""
        ...


class InferenceBackend(Protocol):
    """An inference engine."""

    def plan(self, config: ExperimentConfig, devices: Sequence[DeviceFacts]) -> BackendPlan:
        """What `load` would do with these visible devices. Touches none and downloads nothing."""
        ...

    def fetch(self, config: ExperimentConfig) -> None:
        """Bring the model's files into the local cache; nothing where they are there.

        Raises `BackendError` where they cannot be had.
        """
        ...

    def load(self, config: ExperimentConfig) -> AbstractContextManager[LoadedModel]:
        """Load the model; leaving the context frees it.

        Raises `NotSupported` for what the descriptor does not declare and `BackendError` for what
        fails. Never changes `config`.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class BackendDescriptor(Descriptor):
    """The one place where an engine's abilities are declared."""

    precisions: frozenset[Precision]
    decoding_strategies: frozenset[DecodingStrategy]
    output_lengths: frozenset[OutputLength]
    adapters: bool = False
    """Whether it loads low-rank adapters, which `lora` asks for."""
    section_model: str | None = None
    """`module:Model` that validates the config section of a backend from elsewhere."""
    models: tuple[str, ...] = ()
    """Models that it brings along, by the name that a config gives them; completion offers them."""


BACKENDS = Boundary("llem.backends", "backend", BackendDescriptor)
