"""Whole passes over the prompts, one after the other, until enough time has gone by."""

import math
from collections.abc import Callable, Sequence

from llem_contracts import Clock, GeneratedRequest, GenerationRequest, LoadedModel

from llem_harness.phases import Progress

Passes = tuple[tuple[GeneratedRequest, ...], ...]


def repeat_passes(
    loaded: LoadedModel,
    requests: Sequence[GenerationRequest],
    clock: Clock,
    progress: Progress,
    *,
    start_ns: int,
    min_s: float,
    output_tokens: int | None = None,
    step_times: bool = True,
    keep: Callable[[tuple[GeneratedRequest, ...]], None] = lambda _requests: None,
) -> Passes:
    """At least one pass, and as many as it takes to last `min_s` from `start_ns` on; synchronised
    after each.

    `keep` is handed the requests of each pass. It must take no time.
    """
    passes: list[tuple[GeneratedRequest, ...]] = []
    expected = 1
    while True:
        told = _from(len(passes) * len(requests), expected * len(requests), progress)
        passes.append(
            loaded.generate(requests, told, output_tokens=output_tokens, step_times=step_times)
        )
        loaded.synchronize()
        keep(passes[-1])
        elapsed_s = (clock.monotonic_ns() - start_ns) / 1e9
        if elapsed_s >= min_s:
            return tuple(passes)
        expected = len(passes) + _passes_left(min_s - elapsed_s, elapsed_s, len(passes))


def _from(before: int, total: int, progress: Progress) -> Callable[[int], None]:
    return lambda done: progress(before + done, total)


def _passes_left(remaining_s: float, elapsed_s: float, passes: int) -> int:
    """As many more as it takes at the pace so far, at least one."""
    return max(1, math.ceil(remaining_s * passes / elapsed_s)) if elapsed_s > 0 else 1
