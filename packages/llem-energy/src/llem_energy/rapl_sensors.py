"""The energy counter of one RAPL zone, read as the kernel shows it.

Also the entry of the sampler process for the meter `rapl`: `llem_energy.rapl_sensors:open_sensors`.
It imports little.
"""

from collections.abc import Sequence
from pathlib import Path

from llem_contracts import Clock, SystemClock

from llem_energy.poll import Poll
from llem_energy.rapl_zones import ReadText, joules, read_text

OPEN_SENSORS = "llem_energy.rapl_sensors:open_sensors"


class RaplSensors:
    """Reads a counter again and again; knows nothing of its wraps."""

    def __init__(self, counter: Path, clock: Clock, read: ReadText = read_text) -> None:
        """`counter`: the file `energy_uj` of a zone."""
        self._counter = counter
        self._clock = clock
        self._read = read

    def poll(self) -> Poll:
        """Read the counter now. A read that fails is missing; a zone that is gone stays so."""
        before_ns = self._clock.monotonic_ns()
        energy_j: float | None = None
        lost: str | None = None
        try:
            energy_j = joules(self._read(self._counter))
        except FileNotFoundError as error:
            lost = str(error)
        except (OSError, ValueError):  # the next poll is the second try
            pass
        after_ns = self._clock.monotonic_ns()
        return Poll(
            at_ns=(before_ns + after_ns) // 2,
            half_ns=(after_ns - before_ns + 1) // 2,
            energy_j=energy_j,
            lost=lost,
        )


def open_sensors(counters: Sequence[str]) -> list[RaplSensors]:
    """The sensors of zones, each given by the path of its counter."""
    clock = SystemClock()
    return [RaplSensors(Path(counter), clock) for counter in counters]
