"""One batch through `generate`."""

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llem_contracts import BackendError, GeneratedRequest, GenerationRequest

from llem_backend_pytorch.batching import left_padded
from llem_backend_pytorch.counting import useful_tokens
from llem_backend_pytorch.step_clock import StepClock


@dataclass
class Generator:
    """A model with the settings that every batch is generated with."""

    model: Any
    device: Any
    generation_config: Any
    arguments: dict[str, Any]
    """Further arguments of `generate`."""
    end_ids: frozenset[int]
    """Tokens that end a sequence; empty under a fixed output length."""
    pad_id: int
    fixed_length: int | None
    now_ns: Callable[[], int] = time.monotonic_ns
    assistant: Any = None
    """A model that drafts tokens; None without one."""

    def run(
        self,
        number: int,
        requests: Sequence[GenerationRequest],
        *,
        output_tokens: int | None = None,
        step_times: bool = True,
        progress: Callable[[int], None] | None = None,
    ) -> list[GeneratedRequest]:
        """Generate for one batch; the result is on the host when this returns.

        `progress` is told how many of these requests are done.

        `output_tokens` and `step_times` are those of `LoadedModel.generate`: without times no
        streamer is handed on, so that no step waits for its tokens to come to the host.

        A request's `start_ns` is taken when the padded ids lie ready on the host, so the copy to
        the device is part of its time to first token.
        """
        import torch

        rectangle = left_padded(requests, self.pad_id)
        token_ids = torch.tensor(rectangle.token_ids, dtype=torch.long)
        attention_mask = torch.tensor(rectangle.attention_mask, dtype=torch.long)
        clock = StepClock(len(requests), self.now_ns) if step_times else None
        fixed_length, settings = self._shortened(output_tokens)
        start_ns = self.now_ns()
        sequences = self.model.generate(
            token_ids.to(self.device),
            attention_mask=attention_mask.to(self.device),
            generation_config=settings,
            streamer=clock,
            **self._assisted(),
            **self.arguments,
        )
        steps = int(sequences.shape[1]) - rectangle.width
        if clock is None:
            sequences = sequences.cpu()
            end_ns = self.now_ns()
        else:
            self._check_timed(steps, len(clock.times_ns))
        self._check_length(steps, fixed_length)
        if self.fixed_length is None:
            rows = sequences[:, rectangle.width :].tolist()
            useful = [useful_tokens(row, self.end_ids) for row in rows]
        else:
            useful = [steps] * len(requests)
        if progress is not None:
            progress(len(requests))
        return [
            GeneratedRequest(
                index=request.index,
                batch=number,
                input_tokens=len(request.token_ids),
                padded_tokens=rectangle.padding(request),
                output_tokens=tokens,
                discarded_tokens=steps - tokens,
                start_ns=start_ns,
                token_ns=tuple(clock.times_ns[:tokens]) if clock is not None else (end_ns,),
            )
            for request, tokens in zip(requests, useful, strict=True)
        ]

    def close(self) -> None:
        """Let go of the model. An error that is kept may hold on to this."""
        self.model = self.assistant = None

    def _assisted(self) -> dict[str, Any]:
        return {} if self.assistant is None else {"assistant_model": self.assistant}

    def _shortened(self, output_tokens: int | None) -> tuple[int | None, Any]:
        """The fixed length and the settings of a call that may be told to stop early."""
        if output_tokens is None or output_tokens >= self.generation_config.max_new_tokens:
            return self.fixed_length, self.generation_config
        settings = copy.deepcopy(self.generation_config)
        settings.max_new_tokens = output_tokens
        if self.fixed_length is None:
            return None, settings
        settings.min_new_tokens = output_tokens
        return output_tokens, settings

    def _check_timed(self, steps: int, timed: int) -> None:
        if timed != steps:
            raise BackendError(
                f"transformers reported {timed} steps for {steps} generated tokens",
                cure="Remove from passthrough_kwargs what changes the decoding method.",
            )

    def _check_length(self, steps: int, fixed_length: int | None) -> None:
        if fixed_length is not None and steps != fixed_length:
            raise BackendError(
                f"transformers generated {steps} tokens instead of {fixed_length}",
                cure="Remove from passthrough_kwargs what stops the generation.",
            )
