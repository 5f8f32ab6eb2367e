from collections.abc import Callable
from typing import Any

import pynvml
import pytest
from llem_testing.simulated_gpu import Fault, Gpu, MigDevice, Scenario, SimulatedNvml
from pydantic import ValidationError

DEVICE_QUESTIONS = [
    ("nvmlDeviceGetUUID",),
    ("nvmlDeviceGetPowerUsage",),
    ("nvmlDeviceGetTotalEnergyConsumption",),
    ("nvmlDeviceGetFieldValues", [186]),
    ("nvmlDeviceGetTemperature", 0),
    ("nvmlDeviceGetMemoryInfo",),
]


class TestFaults:
    @pytest.mark.parametrize(
        ("error", "exception"),
        [
            ("timeout", pynvml.NVMLError_Timeout),
            ("not_supported", pynvml.NVMLError_NotSupported),
            ("no_permission", pynvml.NVMLError_NoPermission),
            ("not_found", pynvml.NVMLError_NotFound),
            ("driver_not_loaded", pynvml.NVMLError_DriverNotLoaded),
            ("library_not_found", pynvml.NVMLError_LibraryNotFound),
            ("function_not_found", pynvml.NVMLError_FunctionNotFound),
            ("gpu_is_lost", pynvml.NVMLError_GpuIsLost),
            ("reset_required", pynvml.NVMLError_ResetRequired),
            ("memory", pynvml.NVMLError_Memory),
            ("unknown", pynvml.NVMLError_Unknown),
        ],
    )
    def test_each_raises_the_exception_of_pynvml(
        self, drive: Callable[..., Any], error: str, exception: type[Exception]
    ) -> None:
        driven = drive(faults=(Fault(error=error, function="nvmlDeviceGetPowerUsage"),))
        with pytest.raises(exception):
            driven.nvml.nvmlDeviceGetPowerUsage(driven.handle())

    def test_a_fault_holds_from_its_start_until_just_before_its_end(
        self, drive: Callable[..., Any]
    ) -> None:
        fault = Fault(error="timeout", function="nvmlDeviceGetPowerUsage", start_s=1.0, end_s=2.0)
        driven = drive(faults=(fault,))
        answered = []
        for second in (0.999_999_999, 1.0, 1.999_999_999, 2.0):
            driven.at(second)
            try:
                driven.nvml.nvmlDeviceGetPowerUsage(driven.handle())
                answered.append(True)
            except pynvml.NVMLError_Timeout:
                answered.append(False)
        assert answered == [True, False, False, True]

    def test_it_leaves_other_functions_alone(self, drive: Callable[..., Any]) -> None:
        fault = Fault(error="not_supported", function="nvmlDeviceGetTotalEnergyConsumption")
        driven = drive(faults=(fault,))
        assert driven.nvml.nvmlDeviceGetPowerUsage(driven.handle()) == 100_000
        assert driven.field(83).nvmlReturn == pynvml.NVML_SUCCESS

    @pytest.mark.parametrize("question", DEVICE_QUESTIONS, ids=lambda question: question[0])
    def test_a_lost_board_answers_nothing_and_the_other_one_does(
        self,
        drive: Callable[..., Any],
        gpu: Callable[..., Gpu],
        question: tuple[Any, ...],
    ) -> None:
        lost = Fault(error="gpu_is_lost", device="GPU-b", start_s=3.0)
        driven = drive(gpu(), gpu(uuid="GPU-b", pci_bus_id="00000000:02:00.0"), faults=(lost,))
        function, *args = question
        healthy, failing = driven.handle(0), driven.handle(1)
        ask = getattr(driven.nvml, function)
        ask(failing, *args)
        driven.at(3.0)
        ask(healthy, *args)
        with pytest.raises(pynvml.NVMLError_GpuIsLost):
            ask(failing, *args)
        with pytest.raises(pynvml.NVMLError_GpuIsLost):
            driven.nvml.nvmlDeviceGetHandleByIndex(1)
        assert driven.nvml.nvmlDeviceGetCount() == 2

    def test_a_field_fails_alone_in_its_return_code(self, drive: Callable[..., Any]) -> None:
        driven = drive(faults=(Fault(error="no_permission", field_id=186, start_s=1.0),))
        assert driven.field(186).nvmlReturn == pynvml.NVML_SUCCESS
        driven.at(1.0)
        values = driven.nvml.nvmlDeviceGetFieldValues(driven.handle(), [185, 186, 83])
        codes = [value.nvmlReturn for value in values]
        assert codes == [pynvml.NVML_SUCCESS, pynvml.NVML_ERROR_NO_PERMISSION, pynvml.NVML_SUCCESS]

    def test_the_first_of_several_speaks(self, drive: Callable[..., Any]) -> None:
        faults = (Fault(error="timeout"), Fault(error="gpu_is_lost"))
        with pytest.raises(pynvml.NVMLError_Timeout):
            drive(faults=faults).handle()

    @pytest.mark.parametrize("function", ["nvmlInit", "nvmlDeviceGetCount"])
    def test_functions_without_a_device_can_fail_by_name(
        self, gpu: Callable[..., Gpu], function: str
    ) -> None:
        fault = Fault(error="driver_not_loaded", function=function)
        nvml = SimulatedNvml(Scenario(gpus=(gpu(),), faults=(fault,)))
        with pytest.raises(pynvml.NVMLError_DriverNotLoaded):
            (nvml.nvmlInit(), nvml.nvmlDeviceGetCount())

    def test_a_failed_start_leaves_the_library_closed(self, gpu: Callable[..., Gpu]) -> None:
        now = [0]
        fault = Fault(error="driver_not_loaded", function="nvmlInit", end_s=1.0)
        nvml = SimulatedNvml(Scenario(gpus=(gpu(),), faults=(fault,)), lambda: now[0])
        with pytest.raises(pynvml.NVMLError_DriverNotLoaded):
            nvml.nvmlInit()
        with pytest.raises(pynvml.NVMLError_Uninitialized):
            nvml.nvmlDeviceGetCount()
        now[0] = 10**9
        nvml.nvmlInit()
        assert nvml.nvmlDeviceGetCount() == 1

    @pytest.mark.parametrize(
        ("device", "refused"), [("GPU-a", [True, True]), ("MIG-1", [False, True])]
    )
    def test_a_board_takes_its_mig_devices_along_but_not_the_reverse(
        self, drive: Callable[..., Any], gpu: Callable[..., Gpu], device: str, refused: list[bool]
    ) -> None:
        mig = MigDevice(
            uuid="MIG-1", name="1g", gpu_instance_id=1, compute_instance_id=0, memory_total_mib=1
        )
        fault = Fault(error="no_permission", device=device, start_s=1.0)
        driven = drive(gpu(mig_mode=True, mig_devices=(mig,)), faults=(fault,))
        handles = [driven.handle(), driven.nvml.nvmlDeviceGetHandleByUUID("MIG-1")]
        driven.at(1.0)
        seen = []
        for handle in handles:
            try:
                driven.nvml.nvmlDeviceGetPowerUsage(handle)
                seen.append(False)
            except pynvml.NVMLError_NoPermission:
                seen.append(True)
        assert seen == refused


class TestFaultsThatCannotBe:
    def test_a_misspelt_function_is_told(self, gpu: Callable[..., Gpu]) -> None:
        fault = Fault(error="timeout", function="nvmlDeviceGetPowerUse")
        with pytest.raises(ValueError, match="nvmlDeviceGetPowerUse"):
            SimulatedNvml(Scenario(gpus=(gpu(),), faults=(fault,)))

    def test_an_unknown_device_is_told(self, gpu: Callable[..., Gpu]) -> None:
        with pytest.raises(ValidationError, match="GPU-z"):
            Scenario(gpus=(gpu(),), faults=(Fault(error="timeout", device="GPU-z"),))

    def test_a_fault_is_for_a_function_or_a_field(self) -> None:
        with pytest.raises(ValidationError, match="not both"):
            Fault(error="timeout", function="nvmlInit", field_id=83)
