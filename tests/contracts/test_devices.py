"""The devices suite over every installed source, and over the scripted one."""

from pathlib import Path

from llem_contracts import DeviceProcess, Devices, DevicesDescriptor, DeviceState
from llem_energy import HostDevices, NvmlDevices, NvmlLibrary
from llem_energy.descriptors import HOST_DEVICES, NVML_DEVICES
from llem_schema import HOST_ID
from llem_testing import FakeClock, ScriptedDevices, example_accelerator, example_host
from llem_testing.simulated_gpu import (
    CONTINUOUS_COUNTER,
    Clocks,
    ConstantPower,
    Fault,
    Gpu,
    GpuProcess,
    MigDevice,
    Scenario,
    SimulatedNvml,
    Throttle,
    always,
)
from llem_testing.suites import DevicesSuite

BUSY = Gpu(
    uuid="GPU-busy",
    pci_bus_id="00000000:41:00.0",
    power=ConstantPower(power_w=333.0),
    sensors=CONTINUOUS_COUNTER,
    temperature_c=always(71),
    clocks=Clocks(sm_mhz=always(1410), memory_mhz=always(2600)),
    performance_state=always(2),
    throttling=(Throttle(reason="sw_power_cap", spans_s=((0.0, 1.0),)),),
    memory_total_mib=81_920,
    memory_used_mib=always(20_480),
    processes=(GpuProcess(pid=4321, memory_mib=20_000),),
)
IDLE = Gpu(
    uuid="GPU-idle",
    pci_bus_id="00000000:01:00.0",
    power=ConstantPower(power_w=70.0),
    sensors=CONTINUOUS_COUNTER,
    ecc_mode=None,
)
SPLIT = Gpu(
    uuid="GPU-split",
    pci_bus_id="00000000:81:00.0",
    power=ConstantPower(power_w=90.0),
    sensors=CONTINUOUS_COUNTER,
    mig_mode=True,
    mig_devices=(
        MigDevice(
            uuid="MIG-slice",
            name="a seventh",
            gpu_instance_id=7,
            compute_instance_id=0,
            memory_total_mib=10_240,
        ),
    ),
)
STATE_OF_BUSY = DeviceState(
    free_memory_mib=61_440.0,
    used_memory_mib=20_480.0,
    processes=(DeviceProcess(pid=4321, memory_mib=20_000.0),),
    temperature_c=71.0,
    power_w=333.0,
    sm_clock_mhz=1410.0,
    memory_clock_mhz=2600.0,
    performance_state=2,
    throttle=("sw_power_cap",),
)
UNTOLD = DeviceState(
    free_memory_mib=None, used_memory_mib=None, processes=(), temperature_c=None, power_w=None
)


def nvml_devices(*faults: Fault, **environ: str) -> NvmlDevices:
    """The driver lists the boards in another order than that of their places on the bus."""
    clock = FakeClock()
    scenario = Scenario(gpus=(BUSY, IDLE, SPLIT), faults=faults).starting(clock)
    nvml = SimulatedNvml(scenario, clock.monotonic_ns)
    return NvmlDevices(NvmlLibrary(nvml, clock, simulated=True), environ)


class NvmlSuite(DevicesSuite):
    descriptor = NVML_DEVICES

    def states(self) -> dict[str, DeviceState]:
        return {"GPU-busy": STATE_OF_BUSY}

    def make_blind(self) -> Devices:
        return nvml_devices(Fault(error="driver_not_loaded", function="nvmlInit"))


class TestNvml(NvmlSuite):
    plugin = ("llem.devices", "nvml")
    logical = ("cuda:0", "cuda:1", "cuda:2")
    uuids = ("GPU-idle", "GPU-busy", "GPU-split")
    missing = ("cuda:3",)

    def make_devices(self) -> Devices:
        return nvml_devices()


class TestNvmlWithVisibilityByUuid(NvmlSuite):
    plugin = ("llem.devices", "nvml")
    logical = ("cuda:0", "cuda:1")
    uuids = ("GPU-split", "GPU-busy")
    missing = ("cuda:2",)

    def make_devices(self) -> Devices:
        return nvml_devices(CUDA_VISIBLE_DEVICES="GPU-split,GPU-busy")


class TestNvmlWithPartition(NvmlSuite):
    plugin = ("llem.devices", "nvml")
    logical = ("cuda:0",)
    uuids = ("GPU-split",)
    missing = ("cuda:1",)

    def make_devices(self) -> Devices:
        return nvml_devices(CUDA_VISIBLE_DEVICES="MIG-slice")


class TestHost(DevicesSuite):
    plugin = ("llem.devices", "host")
    descriptor = HOST_DEVICES
    logical = ("cpu",)
    uuids = (HOST_ID,)
    missing = ("cpu:1",)

    def make_devices(self) -> Devices:
        return HostDevices()


class TestHostThatTellsNothing(DevicesSuite):
    plugin = ("llem.devices", "host")
    descriptor = HOST_DEVICES
    logical = ("cpu",)
    uuids = (HOST_ID,)
    missing = ("cpu:1",)

    def states(self) -> dict[str, DeviceState]:
        return {HOST_ID: UNTOLD}

    def make_devices(self) -> Devices:
        return HostDevices(Path("/there/is/no/proc"))


class TestScripted(DevicesSuite):
    descriptor = DevicesDescriptor(
        name="scripted",
        summary="devices from a script",
        factory="llem_testing.devices:ScriptedDevices",
        logical_kinds=frozenset({"cpu", "cuda"}),
    )
    logical = ("cpu", "cuda:0", "cuda:1")
    uuids = (HOST_ID, example_accelerator(0).uuid, example_accelerator(1).uuid)
    missing = ("cuda:2", "cpu:1")

    def states(self) -> dict[str, DeviceState]:
        return {example_accelerator(1).uuid: STATE_OF_BUSY}

    def make_devices(self) -> Devices:
        facts = (example_host(), example_accelerator(0), example_accelerator(1))
        return ScriptedDevices(facts, self.states())
