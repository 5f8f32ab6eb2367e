"""The measured window.

    synchronise | t0  pass 1  pass 2 ... pass k  synchronise  t1 | reading

Nothing else happens between t0 and t1: no file is written, no thread is joined. Whole passes over
the prompts repeat until the window has lasted `min_window_s`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from llem_contracts import GeneratedRequest, LoadedModel, MeterSession, RequestRecord
from llem_schema import EnergyReading, MemoryUsage

from llem_harness.phases import Progress, phase
from llem_harness.ports import Ports
from llem_harness.workload import Workload


@dataclass(frozen=True)
class MeasuredWindow:
    """What the window gave."""

    passes: tuple[tuple[GeneratedRequest, ...], ...]
    reading: EnergyReading
    host: EnergyReading | None
    """Of the host beside the accelerators, from just before to just after `reading`."""
    memory: MemoryUsage
    anchor_monotonic_ns: int
    anchor_wall_ns: int

    @property
    def requests(self) -> tuple[GeneratedRequest, ...]:
        """All requests of all passes."""
        return tuple(request for one_pass in self.passes for request in one_pass)

    def records(self) -> list[RequestRecord]:
        """The requests as the store keeps them."""
        return [
            RequestRecord(
                pass_index=index,
                request=request.index,
                batch=request.batch,
                input_tokens=request.input_tokens,
                padded_tokens=request.padded_tokens,
                output_tokens=request.output_tokens,
                discarded_tokens=request.discarded_tokens,
                start_ns=request.start_ns,
                first_token_ns=request.token_ns[0],
                end_ns=request.token_ns[-1],
                token_ns=request.token_ns,
            )
            for index, one_pass in enumerate(self.passes)
            for request in one_pass
        ]


def measure(
    loaded: LoadedModel,
    workload: Workload,
    session: MeterSession,
    ports: Ports,
    *,
    min_window_s: float,
    host: MeterSession | None = None,
) -> MeasuredWindow:
    """Generate over all requests, pass after pass, inside one window of the meter.

    `host`: the meter of the host, whose window opens just before that one and closes just after.
    """
    clock = ports.clock
    per_pass = len(workload.requests)
    passes: list[tuple[GeneratedRequest, ...]] = []
    with phase("measure", ports.listener, clock, total=per_pass, unit="requests") as progress:
        expected = 1
        anchor = (clock.monotonic_ns(), clock.wall_ns())
        loaded.reset_peak_memory()
        loaded.synchronize()
        around = host.begin("measured") if host is not None else None
        window = session.begin("measured")
        while True:
            before, total = len(passes) * per_pass, expected * per_pass
            passes.append(loaded.generate(workload.requests, _from(before, total, progress)))
            loaded.synchronize()
            elapsed_s = (clock.monotonic_ns() - window.start_ns) / 1e9
            if elapsed_s >= min_window_s:
                break
            expected = len(passes) + _passes_left(min_window_s - elapsed_s, elapsed_s, len(passes))
        window.end()
        if around is not None:
            around.end()
        memory = loaded.memory()
        reading = window.reading()
    return MeasuredWindow(
        passes=tuple(passes),
        reading=reading,
        host=around.reading() if around is not None else None,
        memory=memory,
        anchor_monotonic_ns=anchor[0],
        anchor_wall_ns=anchor[1],
    )


def _from(before: int, total: int, progress: Progress) -> Callable[[int], None]:
    return lambda done: progress(before + done, total)


def _passes_left(remaining_s: float, elapsed_s: float, passes: int) -> int:
    """As many more as it takes at the pace so far, at least one."""
    return max(1, math.ceil(remaining_s * passes / elapsed_s)) if elapsed_s > 0 else 1
