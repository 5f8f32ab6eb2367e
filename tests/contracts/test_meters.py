"""The meter suites over every installed meter, and over the scripted one."""

from collections.abc import Mapping
from typing import Any

import pytest
from llem_energy import NullMeter, NvmlDevices, NvmlLibrary, NvmlMeter
from llem_energy.card_shelf import CardShelf
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


class OnSimulatedBoards:
    """Makes benches of the real NVML meter, which knows the boards as well as after a first run."""

    sensors: Sensors

    @pytest.fixture(autouse=True)
    def _take_shelf(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        self._cards = CardShelf(tmp_path_factory.getbasetemp() / type(self).__name__, "simulated")

    def simulated_bench(self) -> SimulatedBench:
        return SimulatedBench(self._meter, self.sensors)

    def _meter(
        self, gpus: ChangingGpus, clock: FakeClock, make_sampler: Any
    ) -> tuple[NvmlMeter, tuple[AcceleratorFacts, ...]]:
        library = NvmlLibrary(gpus, clock, simulated=True)
        meter = NvmlMeter(library, clock, make_sampler, self._cards)
        return meter, NvmlDevices(library, {}).visible()


class NvmlSuite(OnSimulatedBoards, MeterSuite):
    descriptor = NVML_METER

    def make_bench(self) -> MeterBench:
        return self.simulated_bench()


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


class TestHardwareTierOfNvml(OnSimulatedBoards, HardwareMeterSuite):
    """What runs on real boards, on simulated ones."""

    descriptor = NVML_METER
    sensors = NOISY

    def make_bench(self) -> WorkBench:
        return self.simulated_bench()


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
