"""A model in memory, ready to generate."""

import gc
from collections.abc import Callable, Sequence
from typing import Any

from llem_contracts import (
    BackendError,
    GeneratedRequest,
    GenerationRequest,
    LlemError,
    OutOfMemory,
    Tokenizer,
)
from llem_schema import JsonObject, MemoryUsage, ModelShape, freeze_json

from llem_backend_pytorch.batching import batches
from llem_backend_pytorch.compilation import compiler_failure, graphs_compiled
from llem_backend_pytorch.continuous import ContinuousGenerator
from llem_backend_pytorch.engine import engine_versions
from llem_backend_pytorch.garbage import let_go
from llem_backend_pytorch.generation import Generator
from llem_backend_pytorch.identity import device_name, device_uuid, devices_of
from llem_backend_pytorch.memory import MemoryRecord
from llem_backend_pytorch.out_of_memory import (
    asked_bytes,
    batch_does_not_fit,
    host_available_bytes,
    is_out_of_memory,
)
from llem_backend_pytorch.problems import first_line
from llem_backend_pytorch.quiet import quiet_generation
from llem_backend_pytorch.settings import Batching

AnyGenerator = Generator | ContinuousGenerator


class PyTorchModel:
    """Implements `llem_contracts.LoadedModel`."""

    def __init__(
        self,
        *,
        generator: AnyGenerator,
        tokenizer: Tokenizer,
        shape: ModelShape,
        positions: int,
        commit: str | None,
        batch_size: int,
        batching: Batching,
        sampling_seed: int | None,
        effective_config: JsonObject,
        memory: MemoryRecord,
    ) -> None:
        """`positions`: of a prompt and its output together, 0 without a limit. `sampling_seed` is
        None for greedy decoding, which draws nothing."""
        self._generator: AnyGenerator | None = generator
        self._devices = devices_of(generator.model)
        self._tokenizer = tokenizer
        self._shape = shape
        self._most_positions = positions
        self._commit = commit
        self._batch_size = batch_size
        self._batching = batching
        self._sampling_seed = sampling_seed
        self._effective_config = effective_config
        self._memory = memory

    @property
    def tokenizer(self) -> Tokenizer:
        return self._tokenizer

    @property
    def devices(self) -> tuple[str, ...]:
        return tuple(device_uuid(device) for device in self._devices)

    @property
    def shape(self) -> ModelShape:
        return self._shape

    @property
    def commit(self) -> str | None:
        return self._commit

    @property
    def effective_config(self) -> JsonObject:
        return self._effective_config

    def environment(self) -> JsonObject:
        """Versions, threads and devices; `peak_memory` says what a memory peak covers."""
        environment: JsonObject = freeze_json(
            {
                **engine_versions(),
                "dtype": self._effective_config["dtype"],
                "device_names": [device_name(device) for device in self._devices],
                "peak_memory": self._memory.gauge.peak_covers,
            }
        )
        return environment

    def batches(
        self, requests: Sequence[GenerationRequest]
    ) -> tuple[tuple[GenerationRequest, ...], ...]:
        return tuple(
            tuple(requests[position] for position in positions)
            for positions in self._positions(requests)
        )

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        progress: Callable[[int], None] | None = None,
        *,
        output_tokens: int | None = None,
        step_times: bool = True,
    ) -> tuple[GeneratedRequest, ...]:
        """See the contract. Sampling starts from the seed at every call, so that every pass over
        the prompts draws the same tokens."""
        import torch

        generator = self._open_generator()
        self._check(requests, generator)
        done: dict[int, GeneratedRequest] = {}
        if self._sampling_seed is not None:
            torch.manual_seed(self._sampling_seed)
        with quiet_generation(), torch.inference_mode():
            for number, positions in enumerate(self._computed(requests)):
                batch = [requests[position] for position in positions]
                options = {
                    "output_tokens": output_tokens,
                    "step_times": step_times,
                    "progress": _counting_on(len(done), progress),
                }
                answers = self._run(generator, number, batch, options)
                done.update(zip(positions, answers, strict=True))
        return tuple(done[position] for position in range(len(requests)))

    def synchronize(self) -> None:
        import torch

        for device in self._devices:
            if device.type == "cuda":
                torch.cuda.synchronize(device)

    def compilations(self) -> int:
        return graphs_compiled()

    def reset_peak_memory(self) -> None:
        self._memory.reset()

    def memory(self) -> MemoryUsage:
        return self._memory.usage()

    def close(self) -> None:
        """Let go of the model and give its device memory back. It cannot generate any more."""
        import torch

        if self._generator is not None:
            self._generator.close()
        self._generator = None
        gc.collect()
        cuda: Any = torch.cuda
        if cuda.is_initialized():
            cuda.empty_cache()

    def _positions(self, requests: Sequence[GenerationRequest]) -> list[tuple[int, ...]]:
        return batches(requests, self._batch_size, self._batching)

    def _computed(self, requests: Sequence[GenerationRequest]) -> list[tuple[int, ...]]:
        """Positions of the requests that the generator is handed together: all of them where it
        makes no batches."""
        if self._batching == "continuous":
            return [tuple(range(len(requests)))]
        return self._positions(requests)

    def _run(
        self,
        generator: AnyGenerator,
        number: int,
        batch: Sequence[GenerationRequest],
        options: dict[str, Any],
    ) -> list[GeneratedRequest]:
        try:
            return generator.run(number, batch, **options)
        except LlemError:
            raise
        except Exception as error:
            let_go(error)
            if is_out_of_memory(error):
                computed = min(len(batch), self._batch_size)
                raise self._out_of_memory(generator, computed, asked_bytes(error)) from error
            attention = self._effective_config["attn_implementation"]
            raise compiler_failure(error, attention) or BackendError(
                f"generation failed: {first_line(error)}",
                cure="Check passthrough_kwargs and the lengths of the prompts.",
            ) from error

    def _out_of_memory(
        self, generator: AnyGenerator, batch_size: int, asked_bytes: int
    ) -> OutOfMemory:
        import torch

        gauge, device = self._memory.gauge, generator.device
        used = asked_bytes
        if gauge.peak_covers == "since_reset":
            used += max(gauge.peak() - self._memory.loaded_bytes, 0)
        gc.collect()
        if len(self._devices) > 1:
            free = None  # which of them was full is not known
        elif device.type == "cuda":
            torch.cuda.empty_cache()
            free, _ = torch.cuda.mem_get_info(device)
        else:
            free = host_available_bytes()
        return batch_does_not_fit(str(device), batch_size, used, free)

    def _check(self, requests: Sequence[GenerationRequest], generator: AnyGenerator) -> None:
        new_tokens = generator.generation_config.max_new_tokens
        positions = self._most_positions
        for request in requests:
            length = len(request.token_ids)
            if length == 0:
                raise BackendError(
                    f"request {request.index} has no tokens", cure="Remove the empty prompt."
                )
            if positions and length + new_tokens > positions:
                raise BackendError(
                    f"request {request.index} needs {length} + {new_tokens} positions and the "
                    f"model has {positions}",
                    cure=_shorter(positions - new_tokens),
                )

    def _open_generator(self) -> AnyGenerator:
        if self._generator is None:
            raise BackendError(
                "the model has been unloaded", cure="Generate inside the context of load()."
            )
        return self._generator


def _shorter(room: int) -> str:
    if room > 0:
        return f"Set max_input_tokens to {room} or less, or lower max_output_tokens."
    return "Lower max_output_tokens."


def _counting_on(
    before: int, progress: Callable[[int], None] | None
) -> Callable[[int], None] | None:
    return None if progress is None else lambda done: progress(before + done)
