"""What control groups leave to this process, as containers and schedulers set it (Linux).

A group is held by its own limit and by those of the groups above it, so every level is looked at.
In a container the group is often mounted as the root, under a path that only the machine knows:
levels that are not there tell nothing.

Files of version 2: `cpu.max`, `memory.max`, `memory.current`, `memory.stat`
(Documentation/admin-guide/cgroup-v2.rst of Linux). Of version 1: `cpu.cfs_quota_us`,
`cpu.cfs_period_us` (scheduler/sched-bwc.rst), `memory.limit_in_bytes`, `memory.usage_in_bytes`,
`memory.stat` (admin-guide/cgroup-v1/memory.rst).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_MIB = 2**20
_NO_LIMIT = 2**60
"""Version 1 says the largest number that it can count where there is no limit."""


@dataclass(frozen=True)
class GroupLimits:
    """None: not limited."""

    cpu_cores: float | None
    """CPU time, as a number of cores that are busy all the time."""
    memory_mib: float | None
    memory_left_mib: float | None
    """What may still be taken; cached files that nobody uses would make room and count as left."""


def group_limits(proc: Path, mount: Path) -> GroupLimits:
    """The tightest limits of all levels; `mount` is where control groups are mounted."""
    cores: list[float] = []
    allowed: list[int] = []
    left: list[int] = []
    for folder in _levels(proc, mount):
        quota = _quota(folder)
        if quota is not None:
            cores.append(quota)
        limit = _bytes(folder, "memory.max", "memory.limit_in_bytes")
        if limit is None:
            continue
        allowed.append(limit)
        used = _bytes(folder, "memory.current", "memory.usage_in_bytes")
        if used is not None:
            left.append(max(0, limit - max(0, used - _idle_cache(folder))))
    return GroupLimits(
        cpu_cores=min(cores, default=None),
        memory_mib=min(allowed) / _MIB if allowed else None,
        memory_left_mib=min(left) / _MIB if left else None,
    )


def _levels(proc: Path, mount: Path) -> Iterator[Path]:
    """Folders of this process' groups, each with those above it."""
    for line in _lines(proc / "self" / "cgroup"):
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:  # version 2
            root = mount
        elif "memory" in controllers.split(",") or "cpu" in controllers.split(","):
            root = mount / controllers
        else:
            continue
        inside = PurePosixPath(path.strip().lstrip("/"))
        if ".." in inside.parts:  # above what this process can see
            inside = PurePosixPath()
        yield from (root / level for level in (inside, *inside.parents) if level.parts)
        yield root


def _quota(folder: Path) -> float | None:
    both = " ".join(_lines(folder / "cpu.max")).split()
    if not both:
        both = [
            *_lines(folder / "cpu.cfs_quota_us"),
            *_lines(folder / "cpu.cfs_period_us"),
        ]
    try:
        quota, period = (int(number) for number in both)
    except ValueError:  # no such file, or `max`
        return None
    return quota / period if quota > 0 and period > 0 else None


def _bytes(folder: Path, *names: str) -> int | None:
    """The number in the first of these files that is there; None for no limit."""
    for name in names:
        for line in _lines(folder / name):
            return int(line) if line.isdecimal() and int(line) < _NO_LIMIT else None
    return None


def _idle_cache(folder: Path) -> int:
    """Bytes of cached files that would be let go; of version 1 with the groups below."""
    pairs = [line.split() for line in _lines(folder / "memory.stat")]
    stat = {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdecimal()}
    return stat.get("total_inactive_file", stat.get("inactive_file", 0))


def _lines(file: Path) -> list[str]:
    try:
        return [line.strip() for line in file.read_text(errors="replace").splitlines()]
    except OSError:
        return []
