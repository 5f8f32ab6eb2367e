"""The meter suite over the meters around Zeus and CodeCarbon, on simulated boards.

Both packages bring much, so they have an environment of their own: `hatch run meters:test`. They
import pynvml themselves and take no other binding: a simulated driver is in its place while they
are imported, and they keep it for the rest of the process.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, TypeVar

import pytest
from llem_contracts import MeterDescriptor, create, import_object
from llem_energy import NvmlDevices, NvmlLibrary
from llem_energy.descriptors import CODECARBON_METER, ZEUS_METER
from llem_energy.wrapper import Wrapper
from llem_energy.wrapper_meter import WrapperMeter
from llem_schema import AcceleratorFacts, EnergyReading, RunSettings
from llem_testing import FakeClock
from llem_testing.simulated_gpu import (
    CONTINUOUS_COUNTER,
    INSTANT_ONLY,
    NOISY,
    VOLTA,
    ChangingGpus,
    ConstantPower,
    Fault,
    Gpu,
    Scenario,
    Sensors,
    SimulatedNvml,
    StandIn,
)
from llem_testing.suites import MeterBench, MeterSuite, SimulatedBench

WRAPPERS = {
    "zeus": "llem_energy.zeus_meter:ZeusWrapper",
    "codecarbon": "llem_energy.codecarbon_meter:CodeCarbonWrapper",
}
WATTS = {"GPU-a": 300.0, "GPU-b": 200.0}


INSTALLED = [name for name in WRAPPERS if importlib.util.find_spec(name) is not None]

T = TypeVar("T")


def collected(wanted: bool) -> Callable[[type[T]], type[T]]:
    """A class of tests for where its package is installed; `TestPackage` tells of the others."""

    def mark(tests: type[T]) -> type[T]:
        tests.__test__ = wanted  # type: ignore[attr-defined]
        return tests

    return mark


EACH = pytest.mark.parametrize("name", INSTALLED)


class TestPackage:
    @pytest.mark.parametrize("name", WRAPPERS)
    def test_is_there(self, name: str) -> None:
        if name not in INSTALLED:
            pytest.skip(f"{name} is not installed; `hatch run meters:test` has it")


class ForgetfulDriver:
    """A driver that can fail to read the energy counter once."""

    def __init__(self, nvml: SimulatedNvml) -> None:
        self._nvml = nvml
        self.fails_next = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._nvml, name)

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: Any) -> Any:  # noqa: N802 - pynvml's
        if self.fails_next:
            self.fails_next = False
            raise self._nvml.NVMLError(self._nvml.NVML_ERROR_UNKNOWN)
        return self._nvml.nvmlDeviceGetTotalEnergyConsumption(handle)


class Machine:
    """Boards of constant power under the meter around one of the packages."""

    def __init__(self, name: str, sensors: Sensors = CONTINUOUS_COUNTER, **script: Any) -> None:
        """`script`: what else happens in the scenario."""
        self.clock = FakeClock()
        gpus = tuple(
            Gpu(
                uuid=uuid,
                pci_bus_id=f"00000000:0{number}:00.0",
                power=ConstantPower(power_w=watts),
                sensors=sensors,
            )
            for number, (uuid, watts) in enumerate(WATTS.items(), 1)
        )
        scenario = Scenario(gpus=gpus, **script).starting(self.clock)
        self.nvml = ForgetfulDriver(SimulatedNvml(scenario, self.clock.monotonic_ns))
        driver_of(name).stand_for(self.nvml)
        library = NvmlLibrary(self.nvml, self.clock, simulated=True)
        self.devices = NvmlDevices(library, {}).visible()
        self.meter = WrapperMeter(library, self.clock, new_wrapper(name))

    def measured(
        self, uuid: str, start_s: float, seconds: float = 3.0, *, last_look_fails: bool = False
    ) -> EnergyReading:
        """A window that begins `start_s` after the machine did."""
        start_ns = self.clock.monotonic_ns() + round(start_s * 1e9)
        session = self.meter.open([uuid])
        self.clock.set_monotonic_ns(start_ns)
        window = session.begin("w")
        self.clock.sleep(seconds)
        self.nvml.fails_next = last_look_fails
        window.end()
        session.close()
        return window.reading()


def new_wrapper(name: str) -> Wrapper:
    wrapper: Wrapper = import_object(WRAPPERS[name], needed_by="this test")()
    return wrapper


@cache
def driver_of(name: str) -> StandIn:
    """What the package takes for pynvml in this process."""
    stand_in = StandIn()
    clock = FakeClock()
    boards = ChangingGpus(clock, WATTS, CONTINUOUS_COUNTER)
    stand_in.stand_for(boards)
    with stand_in.installed():
        library = NvmlLibrary(boards, clock)
        devices = NvmlDevices(library, {}).visible()
        assert WrapperMeter(library, clock, new_wrapper(name)).problems(devices) == ()
    return stand_in


class WrappedSuite(MeterSuite):
    """The boards of a bench are also those that the package sees."""

    plugin: ClassVar[tuple[str, str]]
    sensors: ClassVar[Sensors]

    def make_bench(self) -> MeterBench:
        return SimulatedBench(self.make_meter, self.sensors)

    def make_meter(
        self, gpus: ChangingGpus, clock: FakeClock, _make_sampler: Any
    ) -> tuple[WrapperMeter, tuple[AcceleratorFacts, ...]]:
        _, name = self.plugin
        driver_of(name).stand_for(gpus)
        library = NvmlLibrary(gpus, clock, simulated=True)
        meter = WrapperMeter(library, clock, new_wrapper(name))
        return meter, NvmlDevices(library, {}).visible()


@collected("zeus" in INSTALLED)
class TestZeus(WrappedSuite):
    plugin = ("llem.meters", "zeus")
    descriptor = ZEUS_METER
    sensors = CONTINUOUS_COUNTER


@collected("zeus" in INSTALLED)
class TestZeusWithFastCounter(WrappedSuite):
    plugin = ("llem.meters", "zeus")
    descriptor = ZEUS_METER
    sensors = VOLTA


@collected("codecarbon" in INSTALLED)
class TestCodeCarbon(WrappedSuite):
    plugin = ("llem.meters", "codecarbon")
    descriptor = CODECARBON_METER
    sensors = CONTINUOUS_COUNTER


@collected("codecarbon" in INSTALLED)
class TestCodeCarbonWithErrorAndNoise(WrappedSuite):
    plugin = ("llem.meters", "codecarbon")
    descriptor = CODECARBON_METER
    sensors = NOISY

    def make_bench(self) -> MeterBench:
        bench = super().make_bench()
        bench.accuracy = 0.10  # 3 % and 1.5 W of the board, 4 W of noise, on 60 W
        return bench


@EACH
@collected(bool(INSTALLED))
class TestFigure:
    @pytest.mark.parametrize("uuid", WATTS)
    def test_is_that_of_the_gpu_that_was_named(self, name: str, uuid: str) -> None:
        reading = Machine(name).measured(uuid, 4.0)
        assert reading.energy_j == pytest.approx(3.0 * WATTS[uuid], rel=1e-6)
        assert reading.method == name
        assert "simulated_device" in reading.flags

    def test_is_refused_where_the_driver_was_reloaded(self, name: str) -> None:
        reading = Machine(name, driver_reloads_s=(5.0,)).measured("GPU-a", 4.0)
        assert (reading.energy_j, reading.code) == (None, "counter_reset")

    @pytest.mark.parametrize("start_s", [3.9, 6.5])
    def test_is_refused_where_an_end_cannot_be_read(self, name: str, start_s: float) -> None:
        """The power can still be read, and CodeCarbon takes it instead."""
        fault = Fault(
            error="unknown",
            function="nvmlDeviceGetTotalEnergyConsumption",
            start_s=start_s,
            end_s=start_s + 1.0,
        )
        reading = Machine(name, faults=(fault,)).measured("GPU-a", 4.0)
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert reading.reason is not None
        assert {"zeus": "UnknownError", "codecarbon": "cannot read"}[name] in reading.reason

    def test_is_refused_where_the_last_look_alone_fails(self, name: str) -> None:
        reading = Machine(name).measured("GPU-a", 4.0, last_look_fails=True)
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")

    def test_is_not_expected_of_a_board_without_a_counter(self, name: str) -> None:
        machine = Machine(name, INSTANT_ONLY)
        problems = machine.meter.problems(machine.devices)
        assert [problem.code for problem in problems] == ["no_energy_counter"] * 2


@EACH
@collected(bool(INSTALLED))
class TestDescriptor:
    def test_makes_a_meter_of_the_devices_that_the_process_sees(self, name: str) -> None:
        machine = Machine(name)
        descriptor: MeterDescriptor = {d.name: d for d in (ZEUS_METER, CODECARBON_METER)}[name]
        with driver_of(name).installed():
            meter = create(descriptor, RunSettings())
        assert meter.problems(machine.devices) == ()


VISIBLE = """
from llem_energy import NvmlDevices, NvmlLibrary
from llem_testing import FakeClock
from llem_testing.simulated_gpu import CONTINUOUS_COUNTER, ChangingGpus, StandIn
clock, stand_in = FakeClock(), StandIn()
boards = ChangingGpus(clock, {"GPU-a": 300.0, "GPU-b": 200.0}, CONTINUOUS_COUNTER)
stand_in.stand_for(boards)
with stand_in.installed():
    from llem_energy.wrapper_meter import WrapperMeter
    from llem_energy.zeus_meter import ZeusWrapper
    library = NvmlLibrary(boards, clock)
    meter = WrapperMeter(library, clock, ZeusWrapper())
    print(*(problem.code for problem in meter.problems(NvmlDevices(library, {}).visible())))
    session = meter.open(["GPU-b"])
window = session.begin("w")
clock.sleep(3.0)
window.end()
print(window.reading().energy_j)
"""


@collected("zeus" in INSTALLED)
class TestZeusBehindVisibleDevices:
    """Zeus reads the variable once, so each value has a process of its own."""

    def test_knows_a_gpu_by_its_place_among_the_visible_ones(self) -> None:
        outcome = self.with_visible("1")
        assert outcome.stdout.splitlines() == ["gpu_not_found", "600.0"]

    def test_cannot_read_uuids(self) -> None:
        outcome = self.with_visible("GPU-b")
        assert outcome.stdout.splitlines() == ["wrapper_unusable wrapper_unusable"]
        assert "finds no GPU here" in outcome.stderr

    def with_visible(self, devices: str) -> subprocess.CompletedProcess[str]:
        environ = os.environ | {"CUDA_VISIBLE_DEVICES": devices}
        return subprocess.run(
            [sys.executable, "-c", VISIBLE],
            check=False,
            env=environ,
            capture_output=True,
            text=True,
        )
