"""Which RAPL zones make up the host, each joule counted once.

    intel-rapl:0          package-0      taken
    intel-rapl:0:0        core           lies inside the package
    intel-rapl:0:1        uncore         lies inside the package
    intel-rapl:0:2        dram           taken, as dram-0
    intel-rapl:1          package-1      taken
    intel-rapl:2          psys           holds the packages
    intel-rapl-mmio:0     package-0      the same again through another register

AMD processors show themselves under the same names, with no memory zone (Linux documentation,
power/powercap, and drivers/powercap/intel_rapl_common.c).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from llem_contracts import Problem

from llem_energy.rapl_problems import no_permission, no_zones, unreadable

POWERCAP = Path("/sys/class/powercap")
"""Where the kernel shows the zones."""

ReadText = Callable[[Path], str]
"""Gives the content of a file. Raises `OSError`."""

_ZONE = re.compile(r"intel-rapl:(\d+)(?::(\d+))?\Z")
_PACKAGE = "package-"


@dataclass(frozen=True)
class Zone:
    """A part of the host with a counter of its own."""

    name: str
    """`package-0`, `dram-0` ..."""
    folder: Path
    range_j: float
    """Where its counter begins again at zero."""

    @property
    def is_memory(self) -> bool:
        return not self.name.startswith(_PACKAGE)

    @property
    def counter(self) -> Path:
        """The file with the microjoules."""
        return self.folder / "energy_uj"


@dataclass(frozen=True)
class ZoneInventory:
    """The zones, or why they cannot be used."""

    zones: tuple[Zone, ...]
    problem: Problem | None = None


def read_text(path: Path) -> str:
    """The content of a file. Raises `OSError`."""
    return path.read_text(encoding="ascii")


def take_zones(root: Path, read: ReadText = read_text) -> ZoneInventory:
    """Find the zones below a powercap folder and read each once. Never raises for what fails."""
    names: dict[tuple[int, ...], str] = {}
    zones: dict[str, Zone] = {}
    folder = root
    try:
        for numbers, folder in _folders(root):
            names[numbers] = read(folder / "name").strip()
            name = _part(numbers, names)
            if name is None or name in zones:
                continue
            range_j = joules(read(folder / "max_energy_range_uj"))
            zones[name] = Zone(name, folder, range_j)
            joules(read(zones[name].counter))
    except PermissionError:
        return ZoneInventory((), no_permission(root))
    except (OSError, ValueError) as error:
        return ZoneInventory((), unreadable(folder, error))
    if not zones:
        return ZoneInventory((), no_zones(root))
    return ZoneInventory(tuple(zones.values()))


def joules(microjoules: str) -> float:
    """A number of the kernel's. Raises `ValueError`."""
    return int(microjoules) / 1e6


def _folders(root: Path) -> list[tuple[tuple[int, ...], Path]]:
    """Number and folder of each zone, a package before what lies below it."""
    try:
        entries = list(root.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = []
    for entry in entries:
        match = _ZONE.match(entry.name)
        if match is not None and entry.exists():  # a container may have hidden what a link is to
            found.append((tuple(int(number) for number in match.groups() if number), entry))
    return sorted(found)


def _part(numbers: tuple[int, ...], names: dict[tuple[int, ...], str]) -> str | None:
    """What a zone is called as a part of the host; None for one that is no part of its own."""
    name, parent = names[numbers], names.get(numbers[:1], "")
    if len(numbers) == 1 and name.startswith(_PACKAGE):
        return name
    if len(numbers) == 2 and name == "dram" and parent.startswith(_PACKAGE):
        return f"dram-{parent.removeprefix(_PACKAGE)}"
    return None
