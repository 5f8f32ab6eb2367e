"""A timestamp for every step of a batch."""

from collections.abc import Callable
from typing import Any


class StepClock:
    """Notes when each new token was there, for batches of any size.

    It has the methods of transformers' `BaseStreamer`, which `generate` calls first with the prompt
    and then after every step. Each call is handed the tokens on the host, so on CUDA the step
    has really ended when the time is taken. Decoding that yields several tokens at once (batch 1
    alone) gives them one time.
    """

    def __init__(self, batch_size: int, now_ns: Callable[[], int]) -> None:
        self._batch_size = batch_size
        self._now_ns = now_ns
        self._prompt_seen = False
        self.times_ns: list[int] = []

    def put(self, value: Any) -> None:
        """Take the time of a step; `value` holds its tokens, one or more per row."""
        if not self._prompt_seen:
            self._prompt_seen = True
            return
        self.times_ns += [self._now_ns()] * (value.numel() // self._batch_size)

    def end(self) -> None:
        """Nothing is held back."""
