"""The meter `estimate`: no sensor, but CPU time and a stated power for each busy core.

It is there for machines on which nothing can be read, and only where it is asked for by name. The
default of 12 W is what Green Algorithms takes for a core of a processor that it does not know
(Lannelongue et al., "Green Algorithms: Quantifying the Carbon Footprint of Computation", Advanced
Science 8(12), 2021); cores of servers and desktops are specified for 3 to 20 W. What the operands
and the instructions are, the memory, and what other programs do to the clock rate is not in it.
"""

import math
import os
from collections.abc import Mapping, Sequence
from typing import Protocol

from llem_contracts import Clock, ConfigError, LlemError, NotSupported, Problem, SystemClock
from llem_schema import ENERGY_ESTIMATED, HOST_ID, DeviceFacts, RunSettings

from llem_energy.host_window import HostPart, MeteredHost
from llem_energy.poll import Poll
from llem_energy.process_tree import ProcessTree
from llem_energy.recording import Recording
from llem_energy.sampled_session import SampledSession
from llem_energy.sampler import SamplerFactory, SamplingTask, ThreadSampler

METHOD = "estimate"
CORE_POWER_VARIABLE = "LLEM_CPU_W_PER_CORE"
"""Says what a busy core draws on this machine, in watts."""
CORE_POWER_W = 12.0
POLL_PERIOD_S = 0.1
UPDATE_S = 0.01
"""The kernel brings the CPU time of what computes up to date at least this often."""
_ERROR_SHARE = 0.25
"""1 sigma, so that at k = 2 it is half of the figure."""


class CpuTime(Protocol):
    """CPU time used so far, and how finely it is told."""

    def cpu_seconds(self) -> float:
        """Raises `OSError` where it cannot be read."""
        ...

    def reading_sigma_s(self) -> float:
        """1 sigma of what one reading is off by."""
        ...


class CpuTimeSensor:
    """CPU time as joules."""

    def __init__(self, cpu_time: CpuTime, core_power_w: float, clock: Clock) -> None:
        self._cpu_time = cpu_time
        self._core_power_w = core_power_w
        self._clock = clock

    def poll(self) -> Poll:
        """Read it now. Never raises for what cannot be read."""
        at_ns = self._clock.monotonic_ns()
        try:
            return Poll(at_ns, energy_j=self._cpu_time.cpu_seconds() * self._core_power_w)
        except (OSError, ValueError):
            return Poll(at_ns)


class EstimateMeter:
    """Opens sessions on the host, of which it knows what one process tree uses."""

    def __init__(
        self,
        cpu_time: CpuTime,
        clock: Clock,
        core_power_w: float = CORE_POWER_W,
        make_sampler: SamplerFactory = ThreadSampler,
    ) -> None:
        self.core_power_w = core_power_w
        """What a busy core is taken to draw."""
        self._cpu_time = cpu_time
        self._clock = clock
        self._make_sampler = make_sampler

    def problems(self, devices: Sequence[DeviceFacts]) -> tuple[Problem, ...]:
        try:
            self._cpu_time.cpu_seconds()
        except (OSError, ValueError) as error:
            return (
                Problem(
                    code="no_cpu_time",
                    message=f"the CPU time of this process cannot be read: {error}",
                    cure="Use `energy.meter: none`, or a Linux machine with /proc.",
                ),
            )
        return ()

    def open(self, devices: Sequence[str], sample_period_s: float | None = None) -> SampledSession:
        if any(uuid != HOST_ID for uuid in devices):
            raise NotSupported(
                f"the meter {METHOD} knows the host alone", cure="Choose `energy.meter: auto`."
            )
        if len(devices) != 1:
            raise ConfigError("the host was not given once", cure=f"Name {HOST_ID!r} alone.")
        for problem in self.problems(()):
            raise LlemError(problem.message, cure=problem.cure)
        period_s = POLL_PERIOD_S if sample_period_s is None else sample_period_s
        stride = max(1, round(period_s / POLL_PERIOD_S))
        recording = Recording(["cpu"], stride)
        task = SamplingTask(
            sensors=[CpuTimeSensor(self._cpu_time, self.core_power_w, self._clock)],
            sensors_elsewhere="",  # another process would count itself, and know no power
            devices=("cpu",),
            period_s=period_s / stride,
            recording=recording,
            clock=self._clock,
        )
        host = MeteredHost(
            parts=[HostPart(recording.traces["cpu"], _ERROR_SHARE)],
            method=METHOD,
            scope="process_tree",
            update_s=UPDATE_S,
            reason="CPU time of this process and its children, at a stated "
            f"{self.core_power_w:g} W for each busy core",
            always_moves=False,
            error_term="model",
            may_refuse_below_s=math.inf,  # a process that waits uses next to nothing, however long
            reading_sigma_j=lambda: self._cpu_time.reading_sigma_s() * self.core_power_w,
            flags=(ENERGY_ESTIMATED,),
        )
        return SampledSession([host], recording, self._make_sampler(task), self._clock, period_s)


def create_estimate_meter(
    settings: RunSettings, environ: Mapping[str, str] = os.environ
) -> EstimateMeter:
    """Factory of the entry point. Raises `ConfigError` for a power that is none."""
    stated = environ.get(CORE_POWER_VARIABLE)
    try:
        core_power_w = CORE_POWER_W if stated is None else float(stated)
    except ValueError:
        core_power_w = 0.0
    if not 0.0 < core_power_w < 1000.0:
        raise ConfigError(
            f"{CORE_POWER_VARIABLE}={stated!r} is no power of a core in watts",
            cure=f"Write a number such as {CORE_POWER_W:g}, or unset it.",
        )
    return EstimateMeter(ProcessTree(os.getpid()), SystemClock(), core_power_w)
