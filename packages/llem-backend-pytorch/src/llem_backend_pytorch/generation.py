"""One batch through `generate`."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llem_contracts import BackendError, GeneratedRequest, GenerationRequest

from llem_backend_pytorch.batching import left_padded
from llem_backend_pytorch.counting import useful_tokens
from llem_backend_pytorch.step_clock import StepClock


@dataclass(frozen=True)
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

    def run(self, number: int, requests: Sequence[GenerationRequest]) -> list[GeneratedRequest]:
        """Generate for one batch; the result is on the host when this returns.

        A request's `start_ns` is taken when the padded ids lie ready on the host, so the copy to
        the device is part of its time to first token.
        """
        import torch

        rectangle = left_padded(requests, self.pad_id)
        token_ids = torch.tensor(rectangle.token_ids, dtype=torch.long)
        attention_mask = torch.tensor(rectangle.attention_mask, dtype=torch.long)
        clock = StepClock(len(requests), self.now_ns)
        start_ns = self.now_ns()
        sequences = self.model.generate(
            token_ids.to(self.device),
            attention_mask=attention_mask.to(self.device),
            generation_config=self.generation_config,
            streamer=clock,
            **self.arguments,
        )
        steps = int(sequences.shape[1]) - rectangle.width
        self._check_steps(steps, len(clock.times_ns))
        if self.fixed_length is None:
            rows = sequences[:, rectangle.width :].tolist()
            useful = [useful_tokens(row, self.end_ids) for row in rows]
        else:
            useful = [steps] * len(requests)
        return [
            GeneratedRequest(
                index=request.index,
                batch=number,
                input_tokens=len(request.token_ids),
                padded_tokens=rectangle.padding(request),
                output_tokens=tokens,
                discarded_tokens=steps - tokens,
                start_ns=start_ns,
                token_ns=tuple(clock.times_ns[:tokens]),
            )
            for request, tokens in zip(requests, useful, strict=True)
        ]

    def _check_steps(self, steps: int, timed: int) -> None:
        if timed != steps:
            raise BackendError(
                f"transformers reported {timed} steps for {steps} generated tokens",
                cure="Remove from passthrough_kwargs what changes the decoding method.",
            )
        if self.fixed_length is not None and steps != self.fixed_length:
            raise BackendError(
                f"transformers generated {steps} tokens instead of {self.fixed_length}",
                cure="Remove from passthrough_kwargs what stops the generation.",
            )
