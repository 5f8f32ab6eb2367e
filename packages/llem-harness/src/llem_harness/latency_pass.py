"""Latencies apart from energy (`latency: separate`): a pass of their own, after the windows.

    ... measured window | prefill window | pass with a time at every step

The window then does nothing at a step for the sake of its time, and how much longer this pass
takes than the window's mean pass is what the times cost, beside what passes differ by anyway.
"""

from dataclasses import dataclass

from llem_contracts import GeneratedRequest, LoadedModel

from llem_harness.completeness import check_complete
from llem_harness.phases import phase
from llem_harness.ports import Ports
from llem_harness.window import MeasuredWindow
from llem_harness.workload import Workload


@dataclass(frozen=True)
class LatencyPass:
    """The requests that the latencies come from, and what their times have cost."""

    requests: tuple[GeneratedRequest, ...]
    overhead_share: float


def time_steps(
    loaded: LoadedModel, workload: Workload, window: MeasuredWindow, ports: Ports
) -> LatencyPass:
    """One pass over the prompts in which each step's time is taken."""
    clock, total = ports.clock, len(workload.requests)
    with phase("latency", ports.listener, clock, total=total, unit="requests") as progress:
        loaded.synchronize()
        start_ns = clock.monotonic_ns()
        requests = loaded.generate(workload.requests, lambda done: progress(done, None))
        loaded.synchronize()
        duration_s = (clock.monotonic_ns() - start_ns) / 1e9
    check_complete(workload.requests, (requests,))
    mean_s = window.reading.duration_s / len(window.passes)
    return LatencyPass(requests, duration_s / mean_s - 1)
