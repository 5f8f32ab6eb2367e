"""The meter `rapl`: energy counters of the processor packages and their memory.

What the counters are worth. Nobody states it; from comparisons with external meters:
- Packages of Intel since Haswell are measured at the voltage regulators and follow the supply of
  the machine almost perfectly (Hackenberg et al., "An Energy Efficiency Feature Survey of the Intel
  Haswell Processor", IPDPSW 2015; Khan et al., "RAPL in Action", TOMPECS 3(2), 2018): within 5 %.
- Packages of AMD are modelled, and what the model does not see, such as the values of operands, is
  missing (Schöne et al., "Energy Efficiency Aspects of the AMD Zen 2 Architecture", CLUSTER 2021,
  arXiv 2108.00808): within 10 %.
- Memory follows the trend at an offset that is largest when it idles (Desrochers et al., "A
  Validation of DRAM RAPL Power Measurements", MEMSYS 2016): within 20 %.
Each is taken as a uniform error. The parts of a host are off in the same direction at worst.

The counters are renewed about every millisecond (Intel SDM 3B, "Package RAPL Domain"; how much that
matters for short stretches: Hähnel et al., "Measuring Energy Consumption for Short Code Paths Using
RAPL", 2012).
"""

import math
from collections.abc import Sequence
from pathlib import Path

from llem_contracts import Clock, ConfigError, LlemError, NotSupported, Problem, SystemClock
from llem_schema import HOST_ID, DeviceFacts, RunSettings

from llem_energy.host_window import HostPart, MeteredHost
from llem_energy.process_sampler import ProcessSampler
from llem_energy.rapl_sensors import OPEN_SENSORS, RaplSensors
from llem_energy.rapl_zones import POWERCAP, ReadText, Zone, read_text, take_zones
from llem_energy.recording import Recording
from llem_energy.sampled_session import SampledSession
from llem_energy.sampler import SamplerFactory, SamplingTask, ThreadSampler

METHOD = "rapl"
POLL_PERIOD_S = 0.02
"""Dates a step of power to within 10 ms; a range lasts for a thousand polls and more."""
SAMPLE_PERIOD_S = 0.1
UPDATE_S = 0.001
"""A value is at most this old."""
_OF_INTEL, _OF_AMD, _OF_MEMORY = 0.05, 0.10, 0.20
"""Limits of the error, as a share of the energy."""


class RaplMeter:
    """Opens sessions on the host."""

    def __init__(
        self,
        clock: Clock,
        make_sampler: SamplerFactory = ThreadSampler,
        *,
        powercap: Path = POWERCAP,
        cpuinfo: Path = Path("/proc/cpuinfo"),
        read: ReadText = read_text,
    ) -> None:
        """`powercap`: the folder with the zones. `read`: how files are read, in this process."""
        self._clock = clock
        self._make_sampler = make_sampler
        self._powercap = powercap
        self._cpuinfo = cpuinfo
        self._read = read

    def problems(self, devices: Sequence[DeviceFacts]) -> tuple[Problem, ...]:
        found = [_no_host(facts.uuid) for facts in devices if facts.uuid != HOST_ID]
        problem = take_zones(self._powercap, self._read).problem
        return (*found, problem) if problem is not None else tuple(found)

    def open(self, devices: Sequence[str], sample_period_s: float | None = None) -> SampledSession:
        if list(devices) != [HOST_ID]:
            strangers = [uuid for uuid in devices if uuid != HOST_ID]
            if strangers:
                raise NotSupported(
                    f"the meter {METHOD} reads the host, not {strangers[0]}",
                    cure="Choose `energy.meter: auto`.",
                )
            raise ConfigError("the host was not given once", cure=f"Name {HOST_ID!r} alone.")
        inventory = take_zones(self._powercap, self._read)
        if inventory.problem is not None:
            raise LlemError(inventory.problem.message, cure=inventory.problem.cure)
        zones = inventory.zones
        period_s = SAMPLE_PERIOD_S if sample_period_s is None else sample_period_s
        stride = max(1, round(period_s / POLL_PERIOD_S))
        recording = Recording(
            [zone.name for zone in zones], stride, {zone.name: zone.range_j for zone in zones}
        )
        sampler = self._make_sampler(
            SamplingTask(
                sensors=[RaplSensors(zone.counter, self._clock, self._read) for zone in zones],
                sensors_elsewhere=OPEN_SENSORS,
                devices=tuple(str(zone.counter) for zone in zones),
                period_s=period_s / stride,
                recording=recording,
                clock=self._clock,
            )
        )
        host = self._metered(zones, recording)
        return SampledSession([host], recording, sampler, self._clock, period_s)

    def _metered(self, zones: Sequence[Zone], recording: Recording) -> MeteredHost:
        of_package = _OF_AMD if self._made_by_amd() else _OF_INTEL
        parts = [
            HostPart(
                recording.traces[zone.name],
                (_OF_MEMORY if zone.is_memory else of_package) / math.sqrt(3),
            )
            for zone in zones
        ]
        with_memory = any(zone.is_memory for zone in zones)
        return MeteredHost(
            parts=parts,
            method=METHOD,
            scope="package+dram" if with_memory else "package",
            update_s=UPDATE_S,
            reason=f"the sum of {', '.join(part.name for part in parts)}",
        )

    def _made_by_amd(self) -> bool:
        try:
            return "AuthenticAMD" in self._read(self._cpuinfo)
        except (OSError, ValueError):
            return False


def create_rapl_meter(settings: RunSettings) -> RaplMeter:
    """Factory of the entry point."""
    return RaplMeter(SystemClock(), ProcessSampler)


def _no_host(uuid: str) -> Problem:
    return Problem(
        code="meter_not_applicable",
        message=f"the meter {METHOD} reads the host, not {uuid}",
        cure="Choose `energy.meter: auto`.",
    )
