"""The device source `host`: the CPU and memory of this machine."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from llem_contracts import ConfigError, DeviceState, Problem
from llem_schema import HOST_ID, FrozenDict, HostFacts, RunSettings

from llem_energy.control_groups import GroupLimits, group_limits


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class HostDevices:
    """The one host, with the fixed id `host`."""

    def __init__(
        self,
        proc: Path = Path("/proc"),
        logical_cores: Callable[[], int] = lambda: os.cpu_count() or 1,
        usable_cores: Callable[[], int] = _usable_cores,
        cpus: Path = Path("/sys/devices/system/cpu"),
        control_groups: Path = Path("/sys/fs/cgroup"),
    ) -> None:
        self._proc = proc
        self._cpus = cpus
        self._control_groups = control_groups
        self._logical_cores = logical_cores
        self._usable_cores = usable_cores

    def problems(self) -> tuple[Problem, ...]:
        return ()

    def visible(self) -> tuple[HostFacts, ...]:
        return (self.facts(HOST_ID),)

    def resolve(self, logical: Sequence[str]) -> tuple[str, ...]:
        for name in logical:
            if name not in ("cpu", "cpu:0", HOST_ID):
                raise ConfigError(f"{name!r} is no device of the host", cure="Write `cpu`.")
        return (HOST_ID,) * len(logical)

    def facts(self, uuid: str) -> HostFacts:
        _only_host(uuid)
        unavailable: dict[str, str] = {}
        name = self._entry("cpuinfo", "model name") or self._entry("cpuinfo", "Model")
        if name is None:
            unavailable["name"] = f"{self._proc / 'cpuinfo'} names no CPU model"
        memory_mib = self._memory_mib("MemTotal")
        if memory_mib is None:
            unavailable["memory_total_mib"] = f"{self._proc / 'meminfo'} gives no MemTotal"
        governor = self._governor()
        if governor is None:
            unavailable["governor"] = f"{self._cpus} shows no frequency governor"
        cores = self._usable_cores()
        affinity = self._entry("self/status", "Cpus_allowed_list")
        if affinity is None:
            unavailable["usable_cpus"] = f"{self._proc / 'self/status'} gives no Cpus_allowed_list"
        limits = self._limits()
        memory_limit_mib = _least(memory_mib, limits.memory_mib)
        if memory_limit_mib is None:
            unavailable["memory_limit_mib"] = "neither the machine nor a control group tells one"
        return HostFacts(
            name=name,
            logical_cores=self._logical_cores(),
            usable_cores=cores,
            memory_total_mib=memory_mib,
            governor=governor,
            usable_cpus=affinity,
            cpu_limit_cores=_least(float(cores), limits.cpu_cores),
            memory_limit_mib=memory_limit_mib,
            unavailable=FrozenDict(unavailable),
        )

    def state(self, uuid: str) -> DeviceState:
        """Free memory is what this process can have without swapping, and without being ended for
        more than its control groups allow."""
        _only_host(uuid)
        total_mib, free_mib = self._memory_mib("MemTotal"), self._memory_mib("MemAvailable")
        known = total_mib is not None and free_mib is not None
        return DeviceState(
            free_memory_mib=_least(free_mib, self._limits().memory_left_mib),
            used_memory_mib=total_mib - free_mib if known else None,  # type: ignore[operator]
            processes=(),
            temperature_c=None,
            power_w=None,
        )

    def _limits(self) -> GroupLimits:
        return group_limits(self._proc, self._control_groups)

    def _governor(self) -> str | None:
        """That of every core, as cpufreq shows it; each name once."""
        found = set()
        for path in self._cpus.glob("cpu[0-9]*/cpufreq/scaling_governor"):
            try:
                found.add(path.read_text().strip())
            except OSError:  # a core that went offline
                continue
        return ", ".join(sorted(found - {""})) or None

    def _memory_mib(self, key: str) -> float | None:
        entry = self._entry("meminfo", key)
        if entry is None or not entry.endswith(" kB"):
            return None
        return float(entry.removesuffix(" kB")) / 1024

    def _entry(self, file: str, key: str) -> str | None:
        """The first `key: value` of a file under /proc."""
        try:
            lines = (self._proc / file).read_text(errors="replace").splitlines()
        except OSError:
            return None
        for line in lines:
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip() or None
        return None


def _least(*limits: float | None) -> float | None:
    """The tightest of those that are known."""
    return min((limit for limit in limits if limit is not None), default=None)


def create_host_devices(settings: RunSettings) -> HostDevices:
    """Factory of the entry point."""
    return HostDevices()


def _only_host(uuid: str) -> None:
    if uuid != HOST_ID:
        raise ConfigError(f"there is no host {uuid!r}", cure=f"The host is called {HOST_ID!r}.")
