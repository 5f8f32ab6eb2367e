"""Facts and live state of one GPU. What the driver refuses is None, with the reason."""

from collections.abc import Callable
from typing import Any, TypeVar

from llem_contracts import DeviceProcess, DeviceState
from llem_schema import AcceleratorFacts, FrozenDict

from llem_energy.nvml_handles import Gpu
from llem_energy.nvml_library import NvmlLibrary, NvmlRefusal
from llem_energy.throttling import reasons_of

T = TypeVar("T")

_CLOCK_SM = 1
_CLOCK_MEMORY = 2
_TEMPERATURE_GPU = 0
_MIB = 2**20


def read_facts(library: NvmlLibrary, gpu: Gpu) -> AcceleratorFacts:
    """Ask the driver for everything that describes the board."""
    unavailable: dict[str, str] = {}

    def ask(field: str, convert: Callable[[Any], T], function: str, *args: int) -> T | None:
        try:
            return convert(library.call(function, gpu.handle, *args))
        except NvmlRefusal as refusal:
            unavailable[field] = refusal.reason
            return None

    return AcceleratorFacts(
        uuid=gpu.uuid,
        name=gpu.name,
        index=gpu.index,
        pci_bus_id=gpu.pci_bus_id,
        driver_version=gpu.driver_version,
        memory_total_mib=ask(
            "memory_total_mib", lambda memory: memory.total / _MIB, "nvmlDeviceGetMemoryInfo"
        ),
        power_limit_w=ask("power_limit_w", _from_milli, "nvmlDeviceGetEnforcedPowerLimit"),
        power_limit_default_w=ask(
            "power_limit_default_w", _from_milli, "nvmlDeviceGetPowerManagementDefaultLimit"
        ),
        power_limit_min_w=ask(
            "power_limit_min_w",
            lambda limits: _from_milli(limits[0]),
            "nvmlDeviceGetPowerManagementLimitConstraints",
        ),
        power_limit_max_w=ask(
            "power_limit_max_w",
            lambda limits: _from_milli(limits[1]),
            "nvmlDeviceGetPowerManagementLimitConstraints",
        ),
        sm_clock_max_mhz=ask("sm_clock_max_mhz", float, "nvmlDeviceGetMaxClockInfo", _CLOCK_SM),
        memory_clock_max_mhz=ask(
            "memory_clock_max_mhz", float, "nvmlDeviceGetMaxClockInfo", _CLOCK_MEMORY
        ),
        ecc_enabled=ask("ecc_enabled", _current, "nvmlDeviceGetEccMode"),
        persistence_mode=ask("persistence_mode", bool, "nvmlDeviceGetPersistenceMode"),
        mig_enabled=ask("mig_enabled", _current, "nvmlDeviceGetMigMode"),
        compute_capability=ask(
            "compute_capability",
            lambda version: f"{version[0]}.{version[1]}",
            "nvmlDeviceGetCudaComputeCapability",
        ),
        unavailable=FrozenDict(unavailable),
    )


def read_state(library: NvmlLibrary, gpu: Gpu) -> DeviceState:
    """The board right now."""

    def ask(function: str, *args: int) -> Any:
        try:
            return library.call(function, gpu.handle, *args)
        except NvmlRefusal:
            return None

    memory = ask("nvmlDeviceGetMemoryInfo")
    temperature = ask("nvmlDeviceGetTemperature", _TEMPERATURE_GPU)
    milliwatts = ask("nvmlDeviceGetPowerUsage")
    sm_clock = ask("nvmlDeviceGetClockInfo", _CLOCK_SM)
    memory_clock = ask("nvmlDeviceGetClockInfo", _CLOCK_MEMORY)
    performance = ask("nvmlDeviceGetPerformanceState")
    bits = ask("nvmlDeviceGetCurrentClocksEventReasons")
    processes: dict[int, DeviceProcess] = {}
    for function in (
        "nvmlDeviceGetGraphicsRunningProcesses",
        "nvmlDeviceGetComputeRunningProcesses",
    ):
        for process in ask(function) or ():
            used = process.usedGpuMemory
            processes[process.pid] = DeviceProcess(
                pid=process.pid, memory_mib=None if used is None else used / _MIB
            )
    return DeviceState(
        free_memory_mib=None if memory is None else memory.free / _MIB,
        used_memory_mib=None if memory is None else memory.used / _MIB,
        processes=tuple(processes.values()),
        temperature_c=None if temperature is None else float(temperature),
        power_w=None if milliwatts is None else _from_milli(milliwatts),
        sm_clock_mhz=None if sm_clock is None else float(sm_clock),
        memory_clock_mhz=None if memory_clock is None else float(memory_clock),
        performance_state=None if performance is None else int(performance),
        throttle=None if bits is None else reasons_of(int(bits)),
    )


def _from_milli(value: int) -> float:
    return value / 1e3


def _current(modes: tuple[int, int]) -> bool:
    """The mode in force of a pair of current and pending."""
    return bool(modes[0])
