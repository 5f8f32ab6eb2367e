"""The meter suites over every installed meter, and over the scripted one."""

from collections.abc import Mapping
from typing import Any

from llem_energy import NullMeter, NvmlDevices, NvmlLibrary, NvmlMeter
from llem_energy.descriptors import NULL_METER, NVML_METER
from llem_plugin_acme import Wattmeter
from llem_plugin_acme.descriptors import WATTMETER
from llem_schema import AcceleratorFacts
from llem_testing import SCRIPTED_METER, FakeClock, example_accelerator, example_host
from llem_testing.simulated_gpu import (
    AVERAGE_ONLY,
    CONTINUOUS_COUNTER,
    INSTANT_ONLY,
    NOISY,
    VOLTA,
    ChangingGpus,
    Sensors,
)
from llem_testing.suites import (
    HardwareMeterSuite,
    MeterBench,
    MeterSuite,
    ScriptedBench,
    SenselessMeterSuite,
    SimulatedBench,
    WorkBench,
)


def nvml_meter(
    gpus: ChangingGpus, clock: FakeClock, make_sampler: Any
) -> tuple[NvmlMeter, tuple[AcceleratorFacts, ...]]:
    """The real meter on simulated boards, polled as the fake clock moves."""
    library = NvmlLibrary(gpus, clock, simulated=True)
    return NvmlMeter(library, clock, make_sampler), NvmlDevices(library, {}).visible()


class NvmlSuite(MeterSuite):
    descriptor = NVML_METER
    sensors: Sensors

    def make_bench(self) -> MeterBench:
        return SimulatedBench(nvml_meter, self.sensors)


class TestNvmlWithCounter(NvmlSuite):
    plugin = ("llem.meters", "nvml")
    sensors = CONTINUOUS_COUNTER


class TestNvmlWithFastCounter(NvmlSuite):
    plugin = ("llem.meters", "nvml")
    sensors = VOLTA


class TestNvmlWithInstantPowerAlone(NvmlSuite):
    plugin = ("llem.meters", "nvml")
    sensors = INSTANT_ONLY


class TestNvmlWithAveragePowerAlone(NvmlSuite):
    plugin = ("llem.meters", "nvml")
    sensors = AVERAGE_ONLY

    def make_bench(self) -> MeterBench:
        bench = super().make_bench()
        bench.window_s = 6.0
        return bench


class TestNvmlWithErrorAndNoise(NvmlSuite):
    plugin = ("llem.meters", "nvml")
    sensors = NOISY

    def make_bench(self) -> MeterBench:
        bench = super().make_bench()
        bench.accuracy = 0.10  # 3 % and 1.5 W of the board, 4 W of noise, on 60 W
        return bench


class TestHardwareTierOfNvml(HardwareMeterSuite):
    """What runs on real boards, on simulated ones."""

    descriptor = NVML_METER

    def make_bench(self) -> WorkBench:
        return SimulatedBench(nvml_meter, NOISY)


class QuietBench(MeterBench):
    """Any meter on devices that nobody drives."""

    def __init__(self, meter: Any, clock: FakeClock, watts: float) -> None:
        self._fake = clock
        devices = (example_accelerator(0), example_host())
        power_w = {device.uuid: watts for device in devices}
        super().__init__(meter=meter, clock=clock, devices=devices, idle_w=power_w, busy_w=power_w)

    def advance(self, seconds: float, watts: Mapping[str, float]) -> None:
        self._fake.sleep(seconds)


class TestNone(SenselessMeterSuite):
    plugin = ("llem.meters", "none")
    descriptor = NULL_METER

    def make_bench(self) -> MeterBench:
        clock = FakeClock()
        return QuietBench(NullMeter(clock), clock, 0.0)


class TestAcmeWattmeter(MeterSuite):
    plugin = ("llem.meters", "acme-wattmeter")
    descriptor = WATTMETER

    def make_bench(self) -> MeterBench:
        clock = FakeClock()
        environ = {"ACME_WATTMETER": '{"idle_w": 70.0, "busy_w": 70.0}'}
        return QuietBench(Wattmeter(environ, clock), clock, 70.0)


class TestScripted(MeterSuite):
    descriptor = SCRIPTED_METER

    def make_bench(self) -> MeterBench:
        return ScriptedBench()
