"""Continuous batching: a request takes the place of one that has ended.

transformers' own manager does it, in a thread of its own. It is made for the first requests, sized
so that `batch_size` of the longest of them fit and none is ever put off, and kept; a longer request
has it made anew, so warm-up begins with the longest.

    submitted | waits for a place | start_ns  token 1  token 2 ... token n

All requests of a call are submitted together, while the manager pauses, so that two calls put the
same requests together. `start_ns` is when a request got its place; waiting for one is not latency
of the model. Each token's time is when the host had it: without asynchronous batching, which is
off, the manager waits for the device at every step.
"""

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llem_contracts import BackendError, GeneratedRequest, GenerationRequest, Problem

from llem_backend_pytorch.generation import Generator

PAGE_TOKENS = {"cpu": 32, "cuda": 256}
"""Positions to a page of the cache; attention kernels on CUDA want 256."""
STEP_TOKENS = 512
"""Positions computed in one step at most, unless `batch_size` is larger: a prompt that has more is
computed in parts."""


def continuous_settings(batch_size: int, device: str) -> dict[str, Any]:
    """Fields of transformers' `ContinuousBatchingConfig` that do not depend on the requests.

    No prompt shares its beginning with another one: that would be a cache of prefixes, and the
    tokens that it saves are those that a run counts.
    """
    return {
        "max_requests_per_batch": batch_size,
        "max_batch_tokens": max(STEP_TOKENS, batch_size),
        "page_size": PAGE_TOKENS["cpu" if device == "cpu" else "cuda"],
        "allow_block_sharing": False,
        "use_async_batching": False,
        "auto_switch_to_flash": False,
        "safety_margin": 0.0,
    }


def installed_manager() -> Any:
    """transformers' manager; None where it has none."""
    try:
        from transformers.generation.continuous_batching import ContinuousBatchingManager
    except ImportError:
        return None
    return ContinuousBatchingManager


def continuous_problems(find: Callable[[], Any] = installed_manager) -> tuple[Problem, ...]:
    """Why the installed transformers, whose manager `find` gives, cannot do it."""
    import transformers

    if hasattr(find(), "pause"):
        return ()
    return (
        Problem(
            code="no_continuous_batching",
            message=f"transformers {transformers.__version__} cannot take a set of requests "
            "together into continuous batching",
            cure="Install transformers 5.23 or newer, or set pytorch.batching to static.",
        ),
    )


@dataclass(frozen=True)
class _Session:
    """A manager, and the positions that each of its requests may have."""

    manager: Any
    positions: int


class ContinuousGenerator:
    """A `Generator`'s model and settings under continuous batching."""

    def __init__(self, settings: Generator, batch_size: int, seed: int) -> None:
        self.model = settings.model
        self.device = settings.device
        self.generation_config = settings.generation_config
        self._settings = settings
        self._batch_size = batch_size
        self._seed = seed
        self._session: _Session | None = None

    def run(
        self,
        number: int,
        requests: Sequence[GenerationRequest],
        *,
        output_tokens: int | None = None,
        step_times: bool = True,
        progress: Callable[[int], None] | None = None,
    ) -> list[GeneratedRequest]:
        """See `Generator.run`. No position is padding, and none comes after an end."""
        most = min(
            output_tokens or self.generation_config.max_new_tokens,
            self.generation_config.max_new_tokens,
        )
        manager = self._manager(requests)
        try:
            outputs = self._outputs(manager, requests, most, step_times, progress)
        except BaseException:
            self._end_session(at_once=True)
            raise
        clock_ns = self._settings.now_ns() - time.perf_counter_ns()
        return [
            self._answer(number, request, output, most, step_times, clock_ns)
            for request, output in zip(requests, outputs, strict=True)
        ]

    def close(self) -> None:
        """End the manager's thread, and let go of the model."""
        self._end_session()
        self._settings.close()
        self.model = None

    def _end_session(self, *, at_once: bool = False) -> None:
        """End the manager's thread, with `at_once` whatever is in flight."""
        session, self._session = self._session, None
        if session is not None:
            session.manager.stop(hard_stop=at_once)
            session.manager.destroy()

    def _manager(self, requests: Sequence[GenerationRequest]) -> Any:
        """A running manager in which `batch_size` of the requests find room."""
        longest = max(len(request.token_ids) for request in requests)
        positions = longest + self.generation_config.max_new_tokens
        if self._session is not None and positions <= self._session.positions:
            return self._session.manager
        self._end_session()
        manager = self.model.init_continuous_batching(
            generation_config=self._own_generation_config(),
            continuous_batching_config=self._config(positions),
        )
        if self.device.type == "cuda":
            manager.warmup()
        manager.start()
        self._session = _Session(manager, positions)
        return manager

    def _own_generation_config(self) -> Any:
        """A copy, since the manager changes what it is given; -1 is no end, where None would be the
        model's own."""
        own = copy.deepcopy(self.generation_config)
        if own.eos_token_id is None:
            own.eos_token_id = -1
        return own

    def _config(self, positions: int) -> Any:
        from transformers.generation.configuration_utils import ContinuousBatchingConfig

        fields = continuous_settings(self._batch_size, self.device.type)
        pages = math.ceil(positions / fields["page_size"]) + 1
        return ContinuousBatchingConfig(
            **fields, num_blocks=self._batch_size * pages, seed=self._seed
        )

    def _outputs(
        self,
        manager: Any,
        requests: Sequence[GenerationRequest],
        most: int,
        step_times: bool,
        progress: Callable[[int], None] | None,
    ) -> list[Any]:
        """What the manager gives for each request, in order."""
        with manager.pause():
            for position, request in enumerate(requests):
                manager.add_request(
                    list(request.token_ids),
                    request_id=str(position),
                    max_new_tokens=most,
                    record_timestamps=step_times,
                )
        done: dict[int, Any] = {}
        while len(done) < len(requests):
            output = manager.get_result(timeout=1.0)
            failed = manager.background_thread_status.fatal_error
            if failed is not None:
                raise failed
            if output is None:
                if not manager.is_running():
                    raise RuntimeError("the thread of continuous batching has ended")
                continue
            if output.error is not None:
                raise RuntimeError(output.error)
            done[int(output.request_id)] = output
            if progress is not None:
                progress(len(done))
        return [done[position] for position in range(len(requests))]

    def _answer(
        self,
        number: int,
        request: GenerationRequest,
        output: Any,
        most: int,
        step_times: bool,
        clock_ns: int,
    ) -> GeneratedRequest:
        tokens = len(output.generated_tokens)
        times = output.timestamps if step_times else output.lifespan[1:]
        if step_times and len(times) != tokens:
            raise BackendError(
                f"transformers gave {len(times)} times for {tokens} generated tokens",
                cure="Set pytorch.batching to static.",
            )
        if self._settings.fixed_length is not None and tokens != most:
            raise BackendError(
                f"transformers generated {tokens} tokens instead of {most}",
                cure="Set pytorch.batching to static.",
            )
        return GeneratedRequest(
            index=request.index,
            batch=number,
            input_tokens=len(request.token_ids),
            padded_tokens=0,
            output_tokens=tokens,
            discarded_tokens=0,
            start_ns=round(output.lifespan[0] * 1e9) + clock_ns,
            token_ns=tuple(round(time_s * 1e9) + clock_ns for time_s in times),
        )
