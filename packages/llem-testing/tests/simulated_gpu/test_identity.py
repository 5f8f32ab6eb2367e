from collections.abc import Callable
from typing import Any

import pynvml
import pytest
from llem_testing.simulated_gpu import Gpu, GpuProcess, MigDevice, Scenario, SimulatedNvml

MIB = 2**20


@pytest.fixture
def two(drive: Callable[..., Any], gpu: Callable[..., Gpu]) -> Any:
    return drive(
        gpu(uuid="GPU-a", name="Board A", pci_bus_id="00000000:C1:00.0"),
        gpu(uuid="GPU-b", name="Board B", pci_bus_id="0000000A:17:02.1"),
    )


@pytest.fixture
def sliced(drive: Callable[..., Any], gpu: Callable[..., Gpu]) -> Any:
    """A whole board, and one of two MIG devices, each with a process."""
    return drive(
        gpu(uuid="GPU-a"),
        gpu(
            uuid="GPU-b",
            pci_bus_id="00000000:02:00.0",
            mig_mode=True,
            mig_devices=(
                MigDevice(
                    uuid="MIG-1",
                    name="Board MIG 1g.10gb",
                    gpu_instance_id=9,
                    compute_instance_id=0,
                    memory_total_mib=9_728,
                ),
                MigDevice(
                    uuid="MIG-2",
                    name="Board MIG 2g.20gb",
                    gpu_instance_id=3,
                    compute_instance_id=1,
                    memory_total_mib=19_968,
                ),
            ),
            processes=(
                GpuProcess(pid=10, memory_mib=100, mig_uuid="MIG-1"),
                GpuProcess(pid=20, memory_mib=200, mig_uuid="MIG-2"),
            ),
        ),
    )


class TestIdentity:
    def test_boards_come_in_the_order_of_the_scenario(self, two: Any) -> None:
        handles = [two.handle(i) for i in range(two.nvml.nvmlDeviceGetCount())]
        assert [two.nvml.nvmlDeviceGetUUID(h) for h in handles] == ["GPU-a", "GPU-b"]
        assert [two.nvml.nvmlDeviceGetName(h) for h in handles] == ["Board A", "Board B"]
        assert [two.nvml.nvmlDeviceGetIndex(h) for h in handles] == [0, 1]
        assert [two.nvml.nvmlDeviceGetMinorNumber(h) for h in handles] == [0, 1]

    def test_the_pci_place_is_in_the_structure_of_pynvml(self, two: Any) -> None:
        info = two.nvml.nvmlDeviceGetPciInfo(two.handle(1))
        assert isinstance(info, pynvml.nvmlPciInfo_t)
        assert (info.busId, info.busIdLegacy) == ("0000000A:17:02.1", "000A:17:02.1")
        assert (info.domain, info.bus, info.device) == (0xA, 0x17, 0x2)
        assert (info.pciDeviceId, info.pciSubSystemId) == (0x233010DE, 0x16C110DE)

    @pytest.mark.parametrize(
        ("function", "key"),
        [
            ("nvmlDeviceGetHandleByUUID", "GPU-b"),
            ("nvmlDeviceGetHandleByUUID", b"GPU-b"),
            ("nvmlDeviceGetHandleByPciBusId", "0000000A:17:02.1"),
            ("nvmlDeviceGetHandleByPciBusId", b"000a:17:02.1"),
            ("nvmlDeviceGetHandleByIndex", 1),
        ],
        ids=["uuid", "uuid-bytes", "pci", "pci-bytes", "index"],
    )
    def test_a_board_is_found_by(self, two: Any, function: str, key: object) -> None:
        assert getattr(two.nvml, function)(key) == two.handle(1)

    @pytest.mark.parametrize(
        ("function", "key", "error"),
        [
            ("nvmlDeviceGetHandleByUUID", "GPU-z", pynvml.NVML_ERROR_NOT_FOUND),
            ("nvmlDeviceGetHandleByPciBusId", "0000:00:00.0", pynvml.NVML_ERROR_NOT_FOUND),
            ("nvmlDeviceGetHandleByIndex", 2, pynvml.NVML_ERROR_INVALID_ARGUMENT),
            ("nvmlDeviceGetHandleByIndex", -1, pynvml.NVML_ERROR_INVALID_ARGUMENT),
            ("nvmlDeviceGetUUID", "no handle", pynvml.NVML_ERROR_INVALID_ARGUMENT),
        ],
    )
    def test_what_is_not_there_is_refused(
        self, two: Any, function: str, key: object, error: int
    ) -> None:
        with pytest.raises(pynvml.NVMLError) as refused:
            getattr(two.nvml, function)(key)
        assert refused.value.value == error

    def test_versions_and_architecture_are_those_of_the_scenario(
        self, drive: Callable[..., Any], gpu: Callable[..., Gpu]
    ) -> None:
        board = gpu(architecture=7, compute_capability=(8, 0))
        driven = drive(board, driver_version="1.2", nvml_version="3.4", cuda_version=12_040)
        assert driven.nvml.nvmlSystemGetDriverVersion() == "1.2"
        assert driven.nvml.nvmlSystemGetNVMLVersion() == "3.4"
        assert driven.nvml.nvmlSystemGetCudaDriverVersion() == 12_040
        assert driven.nvml.nvmlSystemGetCudaDriverVersion_v2() == 12_040
        assert driven.nvml.nvmlDeviceGetArchitecture(driven.handle()) == 7
        assert driven.nvml.nvmlDeviceGetCudaComputeCapability(driven.handle()) == (8, 0)

    def test_a_machine_may_have_no_gpu(self) -> None:
        nvml = SimulatedNvml(Scenario(gpus=()))
        nvml.nvmlInit()
        assert nvml.nvmlDeviceGetCount() == 0


class TestMig:
    def test_the_mode_is_current_and_pending(self, sliced: Any) -> None:
        assert sliced.nvml.nvmlDeviceGetMigMode(sliced.handle(1)) == [1, 1]

    def test_a_board_without_mig_refuses_the_question(self, sliced: Any) -> None:
        nvml, whole = sliced.nvml, sliced.handle(0)
        assert nvml.nvmlDeviceGetMaxMigDeviceCount(whole) == 0
        with pytest.raises(pynvml.NVMLError_NotSupported):
            nvml.nvmlDeviceGetMigMode(whole)
        with pytest.raises(pynvml.NVMLError_NotSupported):
            nvml.nvmlDeviceGetMigDeviceHandleByIndex(whole, 0)

    def test_mig_devices_are_found_below_their_board(self, sliced: Any) -> None:
        nvml, board = sliced.nvml, sliced.handle(1)
        assert nvml.nvmlDeviceGetMaxMigDeviceCount(board) == 7
        migs = [nvml.nvmlDeviceGetMigDeviceHandleByIndex(board, i) for i in (0, 1)]
        assert [nvml.nvmlDeviceGetUUID(mig) for mig in migs] == ["MIG-1", "MIG-2"]
        assert [nvml.nvmlDeviceGetGpuInstanceId(mig) for mig in migs] == [9, 3]
        assert [nvml.nvmlDeviceGetComputeInstanceId(mig) for mig in migs] == [0, 1]
        with pytest.raises(pynvml.NVMLError_NotFound):
            nvml.nvmlDeviceGetMigDeviceHandleByIndex(board, 2)

    def test_a_mig_device_knows_its_board(self, sliced: Any) -> None:
        nvml = sliced.nvml
        mig = nvml.nvmlDeviceGetHandleByUUID("MIG-2")
        assert nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(mig) == sliced.handle(1)
        assert nvml.nvmlDeviceIsMigDeviceHandle(mig)
        assert not nvml.nvmlDeviceIsMigDeviceHandle(sliced.handle(1))

    @pytest.mark.parametrize(
        "function",
        [
            "nvmlDeviceGetDeviceHandleFromMigDeviceHandle",
            "nvmlDeviceGetGpuInstanceId",
            "nvmlDeviceGetComputeInstanceId",
        ],
    )
    def test_a_board_is_no_mig_device(self, sliced: Any, function: str) -> None:
        with pytest.raises(pynvml.NVMLError_InvalidArgument):
            getattr(sliced.nvml, function)(sliced.handle(1))

    def test_it_has_a_name_and_memory_of_its_own(self, sliced: Any) -> None:
        mig = sliced.nvml.nvmlDeviceGetHandleByUUID("MIG-1")
        assert sliced.nvml.nvmlDeviceGetName(mig) == "Board MIG 1g.10gb"
        assert sliced.nvml.nvmlDeviceGetMemoryInfo(mig).total == 9_728 * MIB

    def test_it_shows_the_processes_on_it_and_the_board_shows_all(self, sliced: Any) -> None:
        ask = sliced.nvml.nvmlDeviceGetComputeRunningProcesses
        mig = sliced.nvml.nvmlDeviceGetHandleByUUID("MIG-2")
        assert [(p.pid, p.gpuInstanceId, p.computeInstanceId) for p in ask(mig)] == [(20, 3, 1)]
        assert [(p.pid, p.gpuInstanceId) for p in ask(sliced.handle(1))] == [(10, 9), (20, 3)]

    def test_its_sensors_are_those_of_the_board(self, sliced: Any) -> None:
        nvml = sliced.nvml
        mig = nvml.nvmlDeviceGetHandleByUUID("MIG-1")
        sliced.at(1.05)
        assert nvml.nvmlDeviceGetPowerUsage(mig) == 100_000
        board_mj = nvml.nvmlDeviceGetTotalEnergyConsumption(sliced.handle(1))
        assert nvml.nvmlDeviceGetTotalEnergyConsumption(mig) == board_mj > 0
