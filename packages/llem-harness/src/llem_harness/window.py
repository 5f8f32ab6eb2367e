"""The measured window.

    synchronise | t0  pass 1  pass 2 ... pass k  synchronise  t1 | reading

Where load is to be around it (see `methodology`), a pass on each side counts nowhere:

    synchronise | pass | t0  pass 1  pass 2 ... pass k  synchronise  t1 | pass | reading

Nothing else happens between t0 and t1 in this thread: no file is written, no thread is joined.
Whole passes over the prompts repeat until the window has lasted `min_window_s`.
"""

from dataclasses import dataclass
from typing import Protocol

from llem_contracts import GeneratedRequest, LoadedModel, MeterSession, RequestRecord
from llem_schema import EnergyReading, MemoryUsage

from llem_harness.completeness import check_complete
from llem_harness.passes import Passes, repeat_passes
from llem_harness.phases import phase
from llem_harness.ports import Ports
from llem_harness.workload import Workload


@dataclass(frozen=True)
class MeasuredWindow:
    """What the window gave."""

    passes: Passes
    step_times: bool
    """Whether the time of each step was taken in it."""
    reading: EnergyReading
    host: EnergyReading | None
    """Of the host beside the accelerators, from just before to just after `reading`."""
    memory: MemoryUsage
    compilations: int
    """How often code was compiled in it."""
    anchor_monotonic_ns: int
    anchor_wall_ns: int

    @property
    def requests(self) -> tuple[GeneratedRequest, ...]:
        """All requests of all passes."""
        return tuple(request for one_pass in self.passes for request in one_pass)


class KeepPass(Protocol):
    """Is handed the requests of a pass that is over, and takes no time."""

    def __call__(
        self, requests: tuple[GeneratedRequest, ...], /, *, measured: bool = True
    ) -> None: ...


def forget(requests: tuple[GeneratedRequest, ...], /, *, measured: bool = True) -> None:
    """A `KeepPass` that keeps nothing."""


def record_of(
    request: GeneratedRequest, pass_index: int, *, step_times: bool, measured: bool = True
) -> RequestRecord:
    """A request as the store keeps it; `step_times`: whether the time of each step was taken."""
    return RequestRecord(
        pass_index=pass_index,
        request=request.index,
        batch=request.batch,
        input_tokens=request.input_tokens,
        padded_tokens=request.padded_tokens,
        output_tokens=request.output_tokens,
        discarded_tokens=request.discarded_tokens,
        start_ns=request.start_ns,
        first_token_ns=request.token_ns[0] if step_times else None,
        end_ns=request.token_ns[-1],
        token_ns=request.token_ns if step_times else (),
        measured=measured,
        process=request.process,
    )


def measure(
    loaded: LoadedModel,
    workload: Workload,
    session: MeterSession,
    ports: Ports,
    *,
    min_window_s: float,
    step_times: bool = True,
    load_around: bool = False,
    host: MeterSession | None = None,
    keep: KeepPass = forget,
) -> MeasuredWindow:
    """Generate over all requests, pass after pass, inside one window of the meter.

    `step_times`: whether the time of each step is taken. `load_around`: whether a pass on each side
    of the window keeps the load on. `host`: the meter of the host, whose window opens just before
    that one and closes just after. `keep` is handed the requests of each pass, inside the window.
    """
    clock = ports.clock
    per_pass = len(workload.requests)
    beside = 2 * per_pass if load_around else 0
    around_it: list[tuple[GeneratedRequest, ...]] = []
    with phase(
        "measure", ports.listener, clock, total=per_pass + beside, unit="requests"
    ) as progress:

        def keep_load_on(before: int) -> None:
            """A pass that counts nowhere, after so many requests of the whole."""
            requests = loaded.generate(
                workload.requests, lambda done: progress(before + done, None), step_times=step_times
            )
            loaded.synchronize()
            keep(requests, measured=False)
            around_it.append(requests)

        if load_around:
            keep_load_on(0)
        anchor = (clock.monotonic_ns(), clock.wall_ns())
        loaded.reset_peak_memory()
        compiled = loaded.compilations()
        loaded.synchronize()
        around = host.begin("measured") if host is not None else None
        window = session.begin("measured")
        passes = repeat_passes(
            loaded,
            workload.requests,
            clock,
            lambda done, total: progress(
                beside // 2 + done, None if total is None else total + beside
            ),
            start_ns=window.start_ns,
            min_s=min_window_s,
            step_times=step_times,
            keep=keep,
        )
        window.end()
        if around is not None:
            around.end()
        memory = loaded.memory()
        compiled = loaded.compilations() - compiled
        if load_around:
            keep_load_on(per_pass * (1 + len(passes)))
        reading = window.reading()
    check_complete(workload.requests, (*around_it[:1], *passes, *around_it[1:]))
    return MeasuredWindow(
        passes=passes,
        step_times=step_times,
        reading=reading,
        host=around.reading() if around is not None else None,
        memory=memory,
        compilations=compiled,
        anchor_monotonic_ns=anchor[0],
        anchor_wall_ns=anchor[1],
    )
