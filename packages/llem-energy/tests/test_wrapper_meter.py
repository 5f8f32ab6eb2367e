"""Meters around other packages, on a package in a few lines."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from llem_contracts import ConfigError, LlemError, MeterDescriptor, Problem, find
from llem_contracts.meter import METERS
from llem_energy import NvmlDevices, NvmlLibrary
from llem_energy.nvml_handles import Gpu
from llem_energy.wrapper import WrapperFailure
from llem_energy.wrapper_meter import WrapperMeter, installed_wrapper_meter
from llem_energy.wrapper_session import WrapperSession
from llem_schema import AcceleratorFacts, EnergyReading
from llem_testing import FakeClock
from llem_testing.simulated_gpu import (
    AVERAGE_ONLY,
    CONSUMER,
    CONTINUOUS_COUNTER,
    VOLTA,
    ChangingGpus,
    ConstantPower,
    EnergyCounter,
    Fault,
    Gpu as SimulatedGpu,
    PowerLimits,
    Scenario,
    Sensors,
    SimulatedNvml,
)
from llem_testing.suites import MeterBench, MeterSuite, SimulatedBench

UUID = "GPU-a"


class CounterPackage:
    """Reads the counter at both ends, as Zeus does; or does what it is told to."""

    method = "counting"
    package = "Counting 1.0"

    def __init__(self, library: NvmlLibrary, clock: FakeClock | None = None) -> None:
        self.library = library
        self.clock = clock
        self.call_s = 0.0
        """How long `begin` and `end` take."""
        self.tells: Callable[[float], float] = lambda joules: joules
        self.obstacle: Problem | None = None
        self.refuses_to_begin = False
        self.open: list[float] = []

    def problem(self, gpu: Gpu) -> Problem | None:
        return self.obstacle

    def begin(self, gpu: Gpu) -> tuple[Gpu, float]:
        if self.refuses_to_begin:
            raise WrapperFailure("sensor_failed", "Counting is tired")
        before_j = self.counter_j(gpu)
        self.open.append(before_j)
        self.pass_time()
        return gpu, before_j

    def end(self, opened: tuple[Gpu, float]) -> float:
        gpu, before_j = opened
        self.open.remove(before_j)
        self.pass_time()
        return self.tells(self.counter_j(gpu) - before_j)

    def discard(self, opened: tuple[Gpu, float]) -> None:
        self.open.remove(opened[1])

    def pass_time(self) -> None:
        if self.clock is not None:
            self.clock.sleep(self.call_s)

    def counter_j(self, gpu: Gpu) -> float:
        try:
            return float(self.library.call("nvmlDeviceGetTotalEnergyConsumption", gpu.handle)) / 1e3
        except Exception as error:
            raise WrapperFailure("sensor_failed", str(error)) from error


def counting_meter(
    gpus: ChangingGpus, clock: FakeClock, _make_sampler: Any
) -> tuple[WrapperMeter, tuple[AcceleratorFacts, ...]]:
    library = NvmlLibrary(gpus, clock, simulated=True)
    meter = WrapperMeter(library, clock, CounterPackage(library))
    return meter, NvmlDevices(library, {}).visible()


class TestSuite(MeterSuite):
    descriptor = MeterDescriptor(
        name="counting",
        summary="counts",
        factory="nowhere:nothing",
        device_kinds=frozenset({"accelerator"}),
        rank=30,
        automatic=False,
    )

    def make_bench(self) -> MeterBench:
        return SimulatedBench(counting_meter, CONTINUOUS_COUNTER)


class Desk:
    """One simulated board under a meter around `CounterPackage`."""

    def __init__(
        self,
        sensors: Sensors = CONTINUOUS_COUNTER,
        watts: float = 300.0,
        faults: tuple[Fault, ...] = (),
        **facts: Any,
    ) -> None:
        self.clock = FakeClock()
        gpu = SimulatedGpu(uuid=UUID, power=ConstantPower(power_w=watts), sensors=sensors, **facts)
        scenario = Scenario(gpus=(gpu,), faults=faults).starting(self.clock)
        self.library = NvmlLibrary(SimulatedNvml(scenario, self.clock.monotonic_ns), self.clock)
        self.package = CounterPackage(self.library, self.clock)
        self.meter = WrapperMeter(self.library, self.clock, self.package)

    def open(self) -> WrapperSession:
        return self.meter.open([UUID])

    def measured(self, seconds: float = 3.0) -> EnergyReading:
        window = self.open().begin("w")
        self.clock.sleep(seconds)
        window.end()
        return window.reading()


def problems_of(desk: Desk) -> tuple[Problem, ...]:
    return desk.meter.problems(NvmlDevices(desk.library, {}).visible())


class TestError:
    @pytest.mark.parametrize(("sensors", "period_s"), [(CONTINUOUS_COUNTER, 0.1), (VOLTA, 0.02)])
    def test_of_the_edges_is_a_period_at_the_power_limit(
        self, sensors: Sensors, period_s: float
    ) -> None:
        desk = Desk(sensors, limits=PowerLimits(current_w=400.0))
        terms = desk.measured().devices[0].terms
        assert terms["edges"] == pytest.approx(400.0 * period_s / math.sqrt(3), rel=0.05)

    def test_grows_with_the_time_that_the_package_takes(self) -> None:
        desk = Desk()
        desk.package.call_s = 0.05
        terms = desk.measured().devices[0].terms
        assert terms["edges"] == pytest.approx(700.0 * (0.1 + 2 * 0.05) / math.sqrt(3), rel=0.05)

    def test_of_the_edges_takes_the_mean_power_where_no_limit_is_told(self) -> None:
        limitless = Fault(error="not_supported", function="nvmlDeviceGetEnforcedPowerLimit")
        reading = Desk(faults=(limitless,)).measured()
        edges_j = reading.devices[0].terms["edges"]
        assert edges_j == pytest.approx(300.0 * 0.1 / math.sqrt(3), rel=0.05)
        assert "power_limit_unknown" in reading.flags

    def test_assumes_a_second_where_the_counter_has_not_shown_its_period(self) -> None:
        slow = CONTINUOUS_COUNTER.model_copy(update={"energy": EnergyCounter(update_period_s=1.2)})
        reading = Desk(slow).measured(10.0)
        assert reading.devices[0].terms["edges"] == pytest.approx(700.0 / math.sqrt(3))
        assert "counter_period_unknown" in reading.flags

    def test_says_that_what_a_sampling_counter_misses_is_not_in_it(self) -> None:
        assert "sampling_unstated" in Desk().measured().flags
        seeing_all = Desk(CONSUMER, compute_capability=(8, 9))
        assert "sampling_unstated" not in seeing_all.measured().flags


class TestRefusal:
    def test_of_a_window_below_what_the_counter_resolves_bounds_it(self) -> None:
        reading = Desk().measured(0.05)
        assert (reading.energy_j, reading.code) == (None, "unresolved_window")
        assert reading.upper_bound_j is not None
        assert reading.upper_bound_j >= 300.0 * 0.05

    def test_of_a_window_without_length_is_no_error(self) -> None:
        reading = Desk().measured(0.0)
        assert (reading.energy_j, reading.code) == (None, "unresolved_window")

    def test_is_no_excuse_from_a_second_on(self) -> None:
        assert Desk(watts=50.0).measured(1.0).energy_j == pytest.approx(50.0, abs=5.1)

    def test_of_zero_joules(self) -> None:
        desk = Desk()
        desk.package.tells = lambda _joules: 0.0
        reading = desk.measured()
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert reading.reason is not None
        assert "stood still" in reading.reason

    def test_of_a_negative_figure(self) -> None:
        desk = Desk()
        desk.package.tells = lambda joules: -joules
        reading = desk.measured()
        assert (reading.energy_j, reading.code) == (None, "counter_reset")

    def test_of_a_package_that_cannot_begin(self) -> None:
        desk = Desk()
        desk.package.refuses_to_begin = True
        reading = desk.measured()
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert reading.reason == f"{UUID}: Counting is tired"


class TestSession:
    def test_that_is_closed_opens_no_window(self) -> None:
        session = Desk().open()
        session.close()
        with pytest.raises(RuntimeError):
            session.begin("w")

    def test_that_closes_closes_the_packages_windows_too(self) -> None:
        desk = Desk()
        session = desk.open()
        window = session.begin("w")
        assert len(desk.package.open) == 1
        session.close()
        assert desk.package.open == []
        desk.clock.sleep(3.0)
        window.end()
        assert window.reading().energy_j is None
        assert window.reading().reason is not None

    def test_has_no_idle_power_of_a_time_too_short_to_tell(self) -> None:
        idle = Desk().open().idle(0.02)
        assert (idle.power_w, idle.samples, idle.std_w) == (None, 0, None)
        assert (idle.code, idle.power_per_device_w) == ("unresolved_window", {})


class TestProblem:
    def test_is_a_board_without_a_counter(self) -> None:
        desk = Desk(AVERAGE_ONLY)
        (problem,) = problems_of(desk)
        assert problem.code == "no_energy_counter"
        assert "Counting 1.0 would guess" in problem.message
        with pytest.raises(LlemError):
            desk.open()

    def test_is_what_the_package_says(self) -> None:
        desk = Desk()
        desk.package.obstacle = Problem(code="wrapper_unusable", message="no", cure="wait")
        assert problems_of(desk) == (desk.package.obstacle,)
        with pytest.raises(LlemError, match="no"):
            desk.open()

    def test_is_another_binding_that_the_package_would_not_follow(self) -> None:
        desk = Desk()
        environ = {"LLEM_NVML_BINDING": "somewhere:else"}
        with pytest.raises(ConfigError, match="LLEM_NVML_BINDING"):
            installed_wrapper_meter(desk.package, desk.clock, environ)


class TestDescriptors:
    @pytest.mark.parametrize("name", ["zeus", "codecarbon"])
    def test_name_the_extra_that_brings_the_package(self, name: str) -> None:
        descriptor = find(METERS, name).descriptor
        assert descriptor is not None
        assert name in descriptor.requires
        assert descriptor.install_hint == f"pip install 'llem-energy[{name}]'"

    @pytest.mark.parametrize("name", ["zeus", "codecarbon"])
    def test_are_taken_by_name_alone(self, name: str) -> None:
        descriptor = find(METERS, name).descriptor
        assert descriptor is not None
        assert (descriptor.rank, descriptor.automatic) == (30, False)
