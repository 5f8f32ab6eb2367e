"""The meter suites over every installed meter, and over the scripted one."""

from collections.abc import Callable, Mapping
from typing import Any

from llem_energy import NullMeter, NvmlDevices, NvmlLibrary, NvmlMeter, PollingLoop, Recording
from llem_energy.descriptors import NULL_METER, NVML_METER
from llem_plugin_acme import Wattmeter
from llem_plugin_acme.descriptors import WATTMETER
from llem_testing import SCRIPTED_METER, FakeClock, example_accelerator, example_host
from llem_testing.simulated_gpu import (
    AVERAGE_ONLY,
    CONTINUOUS_COUNTER,
    INSTANT_ONLY,
    NOISY,
    VOLTA,
    Fault,
    Gpu,
    PiecewisePower,
    Scenario,
    Sensors,
    SimulatedNvml,
)
from llem_testing.suites import MeterBench, MeterSuite, ScriptedBench, SenselessMeterSuite

IDLE_W = {"GPU-a": 60.0, "GPU-b": 90.0}
BUSY_W = {"GPU-a": 300.0, "GPU-b": 500.0}


class ChangingGpus:
    """Simulated boards whose power is decided as time goes by.

    Each change makes a new scenario with the same past: a simulated driver depends on nothing
    else, so handles and sums of the old one stay right.
    """

    def __init__(self, clock: FakeClock, sensors: Sensors) -> None:
        self._clock = clock
        self._sensors = sensors
        self._start_ns = clock.monotonic_ns()
        self._points = {uuid: [(0.0, watts)] for uuid, watts in IDLE_W.items()}
        self._faults: tuple[Fault, ...] = ()
        self._simulate()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._nvml, name)

    def draw(self, watts: Mapping[str, float]) -> None:
        for uuid, points in self._points.items():
            points += [(self._now_s, points[-1][1]), (self._now_s, watts[uuid])]
        self._simulate()

    def lose(self) -> None:
        self._faults += (Fault(error="gpu_is_lost", start_s=self._now_s),)
        self._simulate()

    @property
    def _now_s(self) -> float:
        return (self._clock.monotonic_ns() - self._start_ns) / 1e9

    def _simulate(self) -> None:
        gpus = tuple(
            Gpu(
                uuid=uuid,
                pci_bus_id=f"00000000:0{number}:00.0",
                power=PiecewisePower(points=tuple(points)),
                sensors=self._sensors,
            )
            for number, (uuid, points) in enumerate(self._points.items(), 1)
        )
        scenario = Scenario(gpus=gpus, faults=self._faults, start_ns=self._start_ns)
        self._nvml = SimulatedNvml(scenario, self._clock.monotonic_ns)
        self._nvml.nvmlInit()


class InlineSampler:
    """Makes the passes that are due as the fake clock moves."""

    def __init__(self, loop: PollingLoop, recording: Recording, clock: FakeClock) -> None:
        self._loop = loop
        self._recording = recording
        self._clock = clock
        self._stopped = False

    def start(self) -> None:
        return

    def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        deadline_ns = self._clock.monotonic_ns() + round(timeout_s * 1e9)
        while not (until() or self._stopped) and self._clock.monotonic_ns() < deadline_ns:
            self.advance_to(min(self._clock.monotonic_ns() + 20_000_000, deadline_ns))
        return until()

    def advance_to(self, target_ns: int) -> None:
        while not self._stopped and self._loop.due_ns <= target_ns:
            self._clock.set_monotonic_ns(max(self._clock.monotonic_ns(), self._loop.due_ns))
            self._loop.poll()
        self._clock.set_monotonic_ns(max(self._clock.monotonic_ns(), target_ns))

    def stop(self) -> None:
        self._stopped = True
        self._recording.stop("sampling was stopped")


class SimulatedBench(MeterBench):
    """The NVML meter on two boards, driven by a fake clock."""

    def __init__(self, sensors: Sensors) -> None:
        clock = FakeClock(monotonic_ns=7_013_000_001)
        self._fake = clock
        self._gpus = ChangingGpus(clock, sensors)
        self._samplers: list[InlineSampler] = []
        library = NvmlLibrary(self._gpus, clock, simulated=True)
        super().__init__(
            meter=NvmlMeter(library, clock, self._make_sampler),
            clock=clock,
            devices=NvmlDevices(library, {}).visible(),
            idle_w=IDLE_W,
            busy_w=BUSY_W,
            stranger=example_accelerator(9),
        )

    def advance(self, seconds: float, watts: Mapping[str, float]) -> None:
        target_ns = self._fake.monotonic_ns() + round(seconds * 1e9)
        self._gpus.draw(watts)
        for sampler in self._samplers[-1:]:
            sampler.advance_to(target_ns)
        self._fake.set_monotonic_ns(target_ns)
        self._gpus.draw(self.idle_w)

    def fail(self) -> None:
        self._gpus.lose()

    def _make_sampler(self, loop: PollingLoop, recording: Recording, _clock: Any) -> InlineSampler:
        """The latest session is the one that is polled."""
        self._samplers.append(InlineSampler(loop, recording, self._fake))
        return self._samplers[-1]


class NvmlSuite(MeterSuite):
    descriptor = NVML_METER
    sensors: Sensors

    def make_bench(self) -> MeterBench:
        return SimulatedBench(self.sensors)


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
