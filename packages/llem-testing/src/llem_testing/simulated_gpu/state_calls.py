"""How a device is: heat, clocks, limits, memory, processes. MIG devices show their board's."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from llem_testing.simulated_gpu.calls import NVML, Call, refusal
from llem_testing.simulated_gpu.gpu import GpuProcess
from llem_testing.simulated_gpu.throttling import REASON_BITS
from llem_testing.simulated_gpu.whole_units import to_mw, to_ns

_MIB = 2**20
_NO_INSTANCE = 0xFFFFFFFF
"""Instance id of a process outside MIG."""


def _temperature(call: Call, sensor: int, *_version: int) -> int:
    if sensor != NVML.NVML_TEMPERATURE_GPU:
        raise refusal("not_supported")
    return call.gpu.temperature_c.at(call.now_ns)


def _clock(call: Call, domain: int) -> int:
    clocks = call.gpu.clocks
    match domain:
        case NVML.NVML_CLOCK_GRAPHICS | NVML.NVML_CLOCK_SM:
            return clocks.sm_mhz.at(call.now_ns)
        case NVML.NVML_CLOCK_MEM:
            return clocks.memory_mhz.at(call.now_ns)
        case NVML.NVML_CLOCK_VIDEO:
            return clocks.video_mhz.at(call.now_ns)
        case _:
            raise refusal("invalid_argument")


def _max_clock(call: Call, domain: int) -> int:
    clocks = call.gpu.clocks
    match domain:
        case NVML.NVML_CLOCK_GRAPHICS | NVML.NVML_CLOCK_SM:
            return clocks.sm_max_mhz
        case NVML.NVML_CLOCK_MEM:
            return clocks.memory_max_mhz
        case NVML.NVML_CLOCK_VIDEO:
            return clocks.video_max_mhz
        case _:
            raise refusal("invalid_argument")


def _ecc_mode(call: Call) -> list[int]:
    """Current and pending mode."""
    if call.gpu.ecc_mode is None:
        raise refusal("not_supported")
    return [int(call.gpu.ecc_mode)] * 2


def _utilization(call: Call) -> Any:
    if call.gpu.mig_mode:
        raise refusal("not_supported")
    rates = NVML.c_nvmlUtilization_t()
    rates.gpu = call.gpu.gpu_utilization_percent.at(call.now_ns)
    rates.memory = call.gpu.memory_utilization_percent.at(call.now_ns)
    return rates


def _memory(call: Call, version: int | None = None) -> Any:
    """Bytes."""
    source = call.gpu if call.mig is None else call.mig
    memory = NVML.c_nvmlMemory_v2_t() if version else NVML.c_nvmlMemory_t()
    if version:
        memory.version = version
    memory.total = source.memory_total_mib * _MIB
    memory.used = source.memory_used_mib.at(call.now_ns) * _MIB
    memory.free = memory.total - memory.used
    return memory


def _processes(kind: Literal["compute", "graphics"], call: Call) -> list[Any]:
    migs = {mig.uuid: mig for mig in call.gpu.mig_devices}
    found = []
    for process in call.gpu.processes:
        elsewhere = call.mig is not None and process.mig_uuid != call.mig.uuid
        if process.kind != kind or elsewhere or not _alive(process, call.now_ns):
            continue
        mig = migs.get(process.mig_uuid or "")
        memory = None if process.memory_mib is None else process.memory_mib * _MIB
        entry = {
            "pid": process.pid,
            "usedGpuMemory": memory,
            "gpuInstanceId": _NO_INSTANCE if mig is None else mig.gpu_instance_id,
            "computeInstanceId": _NO_INSTANCE if mig is None else mig.compute_instance_id,
        }
        found.append(NVML.nvmlFriendlyObject(entry))
    return found


def _alive(process: GpuProcess, now_ns: int) -> bool:
    ended = process.end_s is not None and to_ns(process.end_s) <= now_ns
    return to_ns(process.start_s) <= now_ns and not ended


def _limit_range(call: Call) -> list[int]:
    return [to_mw(call.gpu.limits.min_w), to_mw(call.gpu.limits.max_w)]


def _throttle_bits(call: Call) -> int:
    return call.board.throttle_bits(call.now_ns)


def _supported_bits(_call: Call) -> int:
    return sum(REASON_BITS.values())


def _performance_state(call: Call) -> int:
    return call.gpu.performance_state.at(call.now_ns)


STATE_CALLS: dict[str, Callable[..., Any]] = {
    "nvmlDeviceGetTemperature": _temperature,
    "nvmlDeviceGetTemperatureV": _temperature,
    "nvmlDeviceGetClockInfo": _clock,
    "nvmlDeviceGetMaxClockInfo": _max_clock,
    "nvmlDeviceGetPerformanceState": _performance_state,
    "nvmlDeviceGetPowerState": _performance_state,
    "nvmlDeviceGetCurrentClocksEventReasons": _throttle_bits,
    "nvmlDeviceGetCurrentClocksThrottleReasons": _throttle_bits,
    "nvmlDeviceGetSupportedClocksEventReasons": _supported_bits,
    "nvmlDeviceGetSupportedClocksThrottleReasons": _supported_bits,
    "nvmlDeviceGetPowerManagementMode": lambda _call: NVML.NVML_FEATURE_ENABLED,
    "nvmlDeviceGetPowerManagementLimit": lambda call: to_mw(call.gpu.limits.current_w),
    "nvmlDeviceGetEnforcedPowerLimit": lambda call: to_mw(call.gpu.limits.current_w),
    "nvmlDeviceGetPowerManagementDefaultLimit": lambda call: to_mw(call.gpu.limits.default_w),
    "nvmlDeviceGetPowerManagementLimitConstraints": _limit_range,
    "nvmlDeviceGetPersistenceMode": lambda call: int(call.gpu.persistence_mode),
    "nvmlDeviceGetComputeMode": lambda _call: NVML.NVML_COMPUTEMODE_DEFAULT,
    "nvmlDeviceGetEccMode": _ecc_mode,
    "nvmlDeviceGetUtilizationRates": _utilization,
    "nvmlDeviceGetMemoryInfo": _memory,
    "nvmlDeviceGetComputeRunningProcesses": partial(_processes, "compute"),
    "nvmlDeviceGetComputeRunningProcesses_v2": partial(_processes, "compute"),
    "nvmlDeviceGetComputeRunningProcesses_v3": partial(_processes, "compute"),
    "nvmlDeviceGetGraphicsRunningProcesses": partial(_processes, "graphics"),
    "nvmlDeviceGetGraphicsRunningProcesses_v2": partial(_processes, "graphics"),
    "nvmlDeviceGetGraphicsRunningProcesses_v3": partial(_processes, "graphics"),
}
"""By the name that pynvml gives them."""
