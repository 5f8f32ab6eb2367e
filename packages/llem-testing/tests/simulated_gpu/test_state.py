from collections.abc import Callable
from typing import Any

import pynvml
import pytest
from llem_testing.simulated_gpu import (
    Clocks,
    Gpu,
    GpuProcess,
    PowerLimits,
    Throttle,
    Timeline,
    always,
)

MIB = 2**20
SECOND = 10**9


@pytest.fixture
def driven(drive: Callable[..., Any], gpu: Callable[..., Gpu]) -> Any:
    return drive(
        gpu(
            temperature_c=Timeline(steps=((0.0, 41), (2.5, 67))),
            clocks=Clocks(
                sm_mhz=Timeline(steps=((0.0, 345), (1.0, 1755))),
                memory_mhz=always(2619),
                video_mhz=always(765),
                sm_max_mhz=1980,
                memory_max_mhz=2620,
                video_max_mhz=1545,
            ),
            performance_state=Timeline(steps=((0.0, 8), (1.0, 0))),
            limits=PowerLimits(current_w=350.5, default_w=400.0, min_w=100.0, max_w=450.0),
            gpu_utilization_percent=Timeline(steps=((0.0, 0), (1.0, 97))),
            memory_utilization_percent=always(12),
            memory_total_mib=1000,
            memory_used_mib=Timeline(steps=((0.0, 10), (3.0, 700))),
            processes=(
                GpuProcess(pid=7, memory_mib=300),
                GpuProcess(pid=8, memory_mib=None, start_s=1.0, end_s=2.0),
                GpuProcess(pid=9, memory_mib=5, kind="graphics"),
            ),
            throttling=(
                Throttle(reason="sw_power_cap", spans_s=((1.0, 2.0), (3.0, 3.5))),
                Throttle(reason="sw_thermal_slowdown", spans_s=((1.5, 1.75),)),
                Throttle(reason="hw_thermal_slowdown", spans_s=((1.5, 10.0),)),
                Throttle(reason="hw_power_brake_slowdown", spans_s=((0.0, 0.5),)),
                Throttle(reason="sync_boost", spans_s=((0.5, 0.6),)),
            ),
        )
    )


class TestState:
    @pytest.mark.parametrize(("second", "degrees"), [(0.0, 41), (2.499_999_999, 41), (2.5, 67)])
    def test_temperature(self, driven: Any, second: float, degrees: int) -> None:
        driven.at(second)
        assert driven.nvml.nvmlDeviceGetTemperature(driven.handle(), 0) == degrees
        assert driven.nvml.nvmlDeviceGetTemperatureV(driven.handle(), 0) == degrees

    def test_other_temperature_sensors_are_not_supported(self, driven: Any) -> None:
        with pytest.raises(pynvml.NVMLError_NotSupported):
            driven.nvml.nvmlDeviceGetTemperature(driven.handle(), 1)

    @pytest.mark.parametrize(
        ("domain", "now_mhz", "max_mhz"),
        [
            (pynvml.NVML_CLOCK_GRAPHICS, 1755, 1980),
            (pynvml.NVML_CLOCK_SM, 1755, 1980),
            (pynvml.NVML_CLOCK_MEM, 2619, 2620),
            (pynvml.NVML_CLOCK_VIDEO, 765, 1545),
        ],
    )
    def test_clocks(self, driven: Any, domain: int, now_mhz: int, max_mhz: int) -> None:
        driven.at(1.0)
        assert driven.nvml.nvmlDeviceGetClockInfo(driven.handle(), domain) == now_mhz
        assert driven.nvml.nvmlDeviceGetMaxClockInfo(driven.handle(), domain) == max_mhz

    @pytest.mark.parametrize("function", ["nvmlDeviceGetClockInfo", "nvmlDeviceGetMaxClockInfo"])
    def test_an_unknown_clock_is_an_invalid_argument(self, driven: Any, function: str) -> None:
        with pytest.raises(pynvml.NVMLError_InvalidArgument):
            getattr(driven.nvml, function)(driven.handle(), 4)

    @pytest.mark.parametrize(
        "function", ["nvmlDeviceGetPerformanceState", "nvmlDeviceGetPowerState"]
    )
    def test_performance_state(self, driven: Any, function: str) -> None:
        ask = getattr(driven.nvml, function)
        assert ask(driven.handle()) == 8
        driven.at(1.0)
        assert ask(driven.handle()) == 0

    def test_limits_are_in_milliwatts(self, driven: Any) -> None:
        nvml, board = driven.nvml, driven.handle()
        assert nvml.nvmlDeviceGetPowerManagementMode(board) == 1
        assert nvml.nvmlDeviceGetPowerManagementLimit(board) == 350_500
        assert nvml.nvmlDeviceGetEnforcedPowerLimit(board) == 350_500
        assert nvml.nvmlDeviceGetPowerManagementDefaultLimit(board) == 400_000
        assert nvml.nvmlDeviceGetPowerManagementLimitConstraints(board) == [100_000, 450_000]

    def test_limits_are_fields_too(self, driven: Any) -> None:
        values = driven.nvml.nvmlDeviceGetFieldValues(driven.handle(), [187, 188, 189, 190, 192])
        milliwatts = [value.value.uiVal for value in values]
        assert milliwatts == [100_000, 450_000, 400_000, 350_500, 350_500]

    def test_utilization(self, driven: Any) -> None:
        driven.at(1.0)
        rates = driven.nvml.nvmlDeviceGetUtilizationRates(driven.handle())
        assert (rates.gpu, rates.memory) == (97, 12)

    def test_utilization_of_a_partitioned_board_is_not_supported(
        self, drive: Callable[..., Any], gpu: Callable[..., Gpu]
    ) -> None:
        partitioned = drive(gpu(mig_mode=True))
        with pytest.raises(pynvml.NVMLError_NotSupported):
            partitioned.nvml.nvmlDeviceGetUtilizationRates(partitioned.handle())

    @pytest.mark.parametrize("version", [(), (pynvml.nvmlMemory_v2,)])
    def test_memory_is_in_bytes(self, driven: Any, version: tuple[int, ...]) -> None:
        driven.at(3.0)
        memory = driven.nvml.nvmlDeviceGetMemoryInfo(driven.handle(), *version)
        assert (memory.total, memory.used, memory.free) == (1000 * MIB, 700 * MIB, 300 * MIB)

    def test_modes(self, drive: Callable[..., Any], gpu: Callable[..., Gpu]) -> None:
        driven = drive(gpu(persistence_mode=False, ecc_mode=True))
        assert driven.nvml.nvmlDeviceGetPersistenceMode(driven.handle()) == 0
        assert driven.nvml.nvmlDeviceGetEccMode(driven.handle()) == [1, 1]
        assert driven.nvml.nvmlDeviceGetComputeMode(driven.handle()) == 0

    def test_a_board_without_ecc_refuses_the_question(
        self, drive: Callable[..., Any], gpu: Callable[..., Gpu]
    ) -> None:
        driven = drive(gpu(ecc_mode=None))
        with pytest.raises(pynvml.NVMLError_NotSupported):
            driven.nvml.nvmlDeviceGetEccMode(driven.handle())


class TestProcesses:
    @pytest.mark.parametrize("suffix", ["", "_v2", "_v3"])
    def test_they_come_and_go(self, driven: Any, suffix: str) -> None:
        ask = getattr(driven.nvml, f"nvmlDeviceGetComputeRunningProcesses{suffix}")
        assert [(p.pid, p.usedGpuMemory) for p in ask(driven.handle())] == [(7, 300 * MIB)]
        driven.at(1.0)
        assert [(p.pid, p.usedGpuMemory) for p in ask(driven.handle())] == [
            (7, 300 * MIB),
            (8, None),
        ]
        driven.at(2.0)
        assert [p.pid for p in ask(driven.handle())] == [7]

    @pytest.mark.parametrize("suffix", ["", "_v2", "_v3"])
    def test_those_that_draw_are_apart(self, driven: Any, suffix: str) -> None:
        ask = getattr(driven.nvml, f"nvmlDeviceGetGraphicsRunningProcesses{suffix}")
        (process,) = ask(driven.handle())
        assert (process.pid, process.gpuInstanceId) == (9, 0xFFFFFFFF)


class TestThrottling:
    @pytest.mark.parametrize(
        ("second", "bits"),
        [
            (0.0, pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown),
            (0.5, pynvml.nvmlClocksEventReasonSyncBoost),
            (0.75, pynvml.nvmlClocksEventReasonNone),
            (1.0, pynvml.nvmlClocksEventReasonSwPowerCap),
            (
                1.6,
                pynvml.nvmlClocksEventReasonSwPowerCap
                | pynvml.nvmlClocksEventReasonSwThermalSlowdown
                | pynvml.nvmlClocksEventReasonHwThermalSlowdown,
            ),
            (2.0, pynvml.nvmlClocksEventReasonHwThermalSlowdown),
        ],
    )
    def test_reasons_of_the_moment(self, driven: Any, second: float, bits: int) -> None:
        driven.at(second)
        assert driven.nvml.nvmlDeviceGetCurrentClocksEventReasons(driven.handle()) == bits
        assert driven.nvml.nvmlDeviceGetCurrentClocksThrottleReasons(driven.handle()) == bits

    @pytest.mark.parametrize("name", ["EventReasons", "ThrottleReasons"])
    def test_every_reason_is_supported(self, driven: Any, name: str) -> None:
        ask = getattr(driven.nvml, f"nvmlDeviceGetSupportedClocks{name}")
        assert ask(driven.handle()) == pynvml.nvmlClocksEventReasonAll

    @pytest.mark.parametrize(
        ("field", "held_s"),
        [(74, 1.25), (76, 0.1), (269, 0.25), (270, 1.75), (271, 0.5)],
    )
    def test_times_under_a_reason_add_up(self, driven: Any, field: int, held_s: float) -> None:
        driven.at(3.25)
        value = driven.field(field)
        assert value.valueType == pynvml.NVML_VALUE_TYPE_UNSIGNED_LONG_LONG
        assert value.value.ullVal == held_s * SECOND

    def test_a_reload_of_the_driver_starts_them_again(
        self, drive: Callable[..., Any], gpu: Callable[..., Gpu]
    ) -> None:
        throttle = Throttle(reason="sw_power_cap", spans_s=((1.0, 2.0),))
        driven = drive(gpu(throttling=(throttle,)), driver_reloads_s=(1.75,))
        driven.at(1.7)
        assert driven.field(74).value.ullVal == 0.7 * SECOND
        driven.at(5.0)
        assert driven.field(74).value.ullVal == 0.25 * SECOND
