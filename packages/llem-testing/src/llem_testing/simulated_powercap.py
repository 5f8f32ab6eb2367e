"""A folder as the kernel's `/sys/class/powercap` is one, whose counters follow a clock.

    class/powercap/intel-rapl:0    a link to    devices/intel-rapl/intel-rapl:0
    class/powercap/intel-rapl:0:2  a link to    devices/intel-rapl/intel-rapl:0/intel-rapl:0:2

Each zone has `name`, `max_energy_range_uj` and `energy_uj`, which is renewed every millisecond.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from llem_contracts import Clock

_UPDATE_NS = 1_000_000
_UNIT_UJ = 61.03515625
"""Of a package's counter: 2^-14 J."""
_RANGE_UJ = 262_143_328_850


@dataclass(frozen=True)
class PowercapZone:
    """One counter, and its share of the power that the host is made to draw."""

    number: str
    """Of its folder: `intel-rapl:0:2`."""
    name: str
    share: float
    unit_uj: float = _UNIT_UJ
    range_uj: int = _RANGE_UJ
    first_uj: int = 12_345_678_901
    """What it showed in the beginning."""

    def shown_uj(self, energy_j: float) -> int:
        """The counter after the host has used so much."""
        units = int(self.share * energy_j * 1e6 / self.unit_uj)
        return (self.first_uj + int(units * self.unit_uj)) % self.range_uj


INTEL = (
    PowercapZone("intel-rapl:0", "package-0", 0.5),
    PowercapZone("intel-rapl:0:0", "core", 0.375),
    PowercapZone("intel-rapl:0:1", "uncore", 0.05),
    PowercapZone("intel-rapl:0:2", "dram", 0.0625, 15.2587890625, 65_712_999_613),
    PowercapZone("intel-rapl:1", "package-1", 0.375),
    PowercapZone("intel-rapl:1:0", "core", 0.25),
    PowercapZone("intel-rapl:1:1", "dram", 0.0625, 15.2587890625, 65_712_999_613),
    PowercapZone("intel-rapl:2", "psys", 1.5),
    PowercapZone("intel-rapl-mmio:0", "package-0", 0.5),
)
"""Two packages with memory, and everything that repeats them."""

AMD = (
    PowercapZone("intel-rapl:0", "package-0", 1.0, 15.2587890625, 65_532_610_987),
    PowercapZone("intel-rapl:0:0", "core", 0.6, 15.2587890625, 65_532_610_987),
)
"""One package, whose memory has no counter."""


def about_to_wrap(zones: Sequence[PowercapZone], energy_j: float) -> tuple[PowercapZone, ...]:
    """The same zones, each of which passes its range when the host has used so much."""
    return tuple(
        replace(zone, first_uj=zone.range_uj - int(zone.share * energy_j * 1e6)) for zone in zones
    )


class SimulatedPowercap:
    """A host that draws what it is told to, and the folder that shows it."""

    def __init__(
        self, folder: Path, clock: Clock, zones: Sequence[PowercapZone], watts: float
    ) -> None:
        """`folder`: an empty one. `watts`: what the host draws at first."""
        self.root = folder / "class" / "powercap"
        """What stands in for `/sys/class/powercap`."""
        self._zones = tuple(zones)
        self._time = clock
        self._devices = folder / "devices"
        self._since_ns = clock.monotonic_ns()
        self._until_then_j = 0.0
        self._watts = watts
        self._shown_ns: int | None = None
        self.root.mkdir(parents=True)
        (self.root / "intel-rapl").mkdir()
        self._counters = [self._make(zone) for zone in self._zones]
        self.refresh()

    @property
    def clock(self) -> Clock:
        """The clock for who reads the folder: a look at it brings the counters up to date."""
        return _Watched(self._time, self)

    def draw(self, watts: float) -> None:
        """From now on the host draws so much."""
        now_ns = self._time.monotonic_ns()
        self._until_then_j, self._since_ns = self._used_j(now_ns), now_ns
        self._watts = watts

    def refresh(self) -> None:
        """Bring the counters to where they are now."""
        now_ns = self._time.monotonic_ns()
        at_ns = now_ns - now_ns % _UPDATE_NS
        if at_ns == self._shown_ns or not self._devices.exists():
            return
        self._shown_ns = at_ns
        energy_j = self._used_j(at_ns)
        for zone, counter in zip(self._zones, self._counters, strict=True):
            with counter.open("r+b") as file:  # emptying a file costs a hundred times as much
                written = file.write(b"%d\n" % zone.shown_uj(energy_j))
                if written < os.fstat(file.fileno()).st_size:
                    file.truncate()

    def remove(self) -> None:
        """Take all zones away, as when their module is unloaded."""
        shutil.rmtree(self._devices)

    def _make(self, zone: PowercapZone) -> Path:
        """The file of its counter."""
        kind, *numbers = zone.number.split(":")
        place = self._devices / kind
        for count in range(1, len(numbers) + 1):
            place /= ":".join([kind, *numbers[:count]])
        place.mkdir(parents=True, exist_ok=True)
        (place / "name").write_text(f"{zone.name}\n")
        (place / "max_energy_range_uj").write_text(f"{zone.range_uj}\n")
        (place / "energy_uj").touch()
        (self.root / zone.number).symlink_to(place)
        return place / "energy_uj"

    def _used_j(self, at_ns: int) -> float:
        return self._until_then_j + self._watts * max(at_ns - self._since_ns, 0) / 1e9


class _Watched:
    """A clock that is not looked at in secret."""

    def __init__(self, clock: Clock, powercap: SimulatedPowercap) -> None:
        self._clock = clock
        self._powercap = powercap

    def monotonic_ns(self) -> int:
        self._powercap.refresh()
        return self._clock.monotonic_ns()

    def wall_ns(self) -> int:
        return self._clock.wall_ns()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)
