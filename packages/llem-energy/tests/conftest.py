"""A scripted NVML binding and a clock that moves when it is told to.

`Machine.work(seconds, watts)` is the oracle: it sets what every board draws and lets the time pass,
with the polls of a session falling where they would.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest
from llem_energy import NvmlDevices, NvmlLibrary, NvmlMeter, SamplingTask
from llem_testing.simulated_gpu import Bursts, Gpu, Scenario, Sensors, SimulatedNvml, Truth

NOT_SUPPORTED, TIMEOUT, LIBRARY_NOT_FOUND, LOST = 3, 10, 12, 15
ENERGY_FIELD = 83
UNUSED_PID = 2**22 + 42
"""Beyond what the kernel gives (proc(5), pid_max), so that no process of this machine has it."""


class HandClock:
    """Time passes by `sleep` alone."""

    def __init__(self, origin_ns: int) -> None:
        self.now_ns = origin_ns

    def monotonic_ns(self) -> int:
        return self.now_ns

    def wall_ns(self) -> int:
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)


class ScriptedError(Exception):
    def __init__(self, value: int) -> None:
        super().__init__(f"scripted refusal {value}")
        self.value = value


class Board:
    """A GPU whose counter and power publish every `tick_s`."""

    def __init__(self, clock: HandClock, index: int, name: str, tick_s: float) -> None:
        self.clock = clock
        self.index = index
        self.name = name
        self.uuid = f"GPU-{index:08d}-aaaa"
        self.pci = f"00000000:{index + 1:02X}:00.0"
        self.tick_ns = int(tick_s * 1e9)
        self.phase_ns = index * self.tick_ns // 3
        self.origin_ns = clock.now_ns
        self.history: list[tuple[int, float]] = [(clock.now_ns - 10**10, 50.0)]
        self.forgotten_j = 0.0
        self.averages_s = 0.0
        self.power_gain = 1.0
        self.mig = False
        self.counter_offset_j = 1000.0

    def draw(self, watts: float) -> None:
        self.history.append((self.clock.now_ns, watts))

    def true_j(self, at_ns: int) -> float:
        total = 0.0
        ends = [start for start, _ in self.history[1:]] + [at_ns]
        for (start, watts), end in zip(self.history, ends, strict=True):
            total += max(min(end, at_ns) - start, 0) / 1e9 * watts
        return total

    def published_ns(self) -> int:
        passed = self.clock.now_ns - self.origin_ns - self.phase_ns
        return self.origin_ns + self.phase_ns + passed // self.tick_ns * self.tick_ns

    def counter_mj(self) -> int:
        shown = self.true_j(self.published_ns()) + self.counter_offset_j - self.forgotten_j
        return round(shown * 1e3)

    def power_mw(self, span_s: float | None = None) -> int:
        at_ns = self.published_ns()
        span_ns = int((span_s or self.averages_s or 0.001) * 1e9)
        mean_w = (self.true_j(at_ns) - self.true_j(at_ns - span_ns)) / (span_ns / 1e9)
        return round(mean_w * self.power_gain * 1e3)


class ScriptedNvml:
    """The part of pynvml that the package calls. `faults[function]` is a code, or a function that
    gives a code or 0 at each call."""

    NVMLError = ScriptedError

    def __init__(self, boards: list[Board]) -> None:
        self.boards = boards
        self.faults: dict[str, int | Callable[[], int]] = {}
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not name.startswith("nvml"):
            raise AttributeError(name)
        answer = getattr(self, f"on_{name.removeprefix('nvml')}")

        def routine(*args: Any) -> Any:
            self.calls.append(name)
            fault = self.faults.get(name, 0)
            code = fault() if callable(fault) else fault
            if code:
                raise ScriptedError(code)
            return answer(*args)

        return routine

    def on_Init(self) -> None: ...  # noqa: N802
    def on_Shutdown(self) -> None: ...  # noqa: N802
    def on_SystemGetDriverVersion(self) -> bytes:  # noqa: N802
        return b"600.1"

    def on_DeviceGetCount(self) -> int:  # noqa: N802
        return len(self.boards)

    def on_DeviceGetHandleByIndex(self, index: int) -> Board:  # noqa: N802
        return self.boards[index]

    def on_DeviceGetUUID(self, board: Board) -> str:  # noqa: N802
        return board.uuid

    def on_DeviceGetName(self, board: Board) -> str:  # noqa: N802
        return board.name

    def on_DeviceGetPciInfo(self, board: Board) -> Any:  # noqa: N802
        return SimpleNamespace(busId=board.pci)

    def on_DeviceGetMemoryInfo(self, board: Board) -> Any:  # noqa: N802
        return SimpleNamespace(total=80 * 2**30, used=2**30, free=79 * 2**30)

    def on_DeviceGetEnforcedPowerLimit(self, board: Board) -> int:  # noqa: N802
        return 700_000

    def on_DeviceGetPowerManagementDefaultLimit(self, board: Board) -> int:  # noqa: N802
        return 650_000

    def on_DeviceGetPowerManagementLimitConstraints(self, board: Board) -> list[int]:  # noqa: N802
        return [200_000, 710_000]

    def on_DeviceGetMaxClockInfo(self, board: Board, kind: int) -> int:  # noqa: N802
        return {1: 1980, 2: 2619}[kind]

    def on_DeviceGetEccMode(self, board: Board) -> list[int]:  # noqa: N802
        return [1, 1]

    def on_DeviceGetPersistenceMode(self, board: Board) -> int:  # noqa: N802
        return 0

    def on_DeviceGetMigMode(self, board: Board) -> list[int]:  # noqa: N802
        return [int(board.mig), int(board.mig)]

    def on_DeviceGetComputeRunningProcesses(self, board: Board) -> list[Any]:  # noqa: N802
        return [SimpleNamespace(pid=UNUSED_PID, usedGpuMemory=2**30)]

    def on_DeviceGetGraphicsRunningProcesses(self, board: Board) -> list[Any]:  # noqa: N802
        return [SimpleNamespace(pid=UNUSED_PID, usedGpuMemory=None)]

    def on_DeviceGetTemperature(self, board: Board, sensor: int) -> int:  # noqa: N802
        return 40

    def on_DeviceGetTotalEnergyConsumption(self, board: Board) -> int:  # noqa: N802
        return board.counter_mj()

    def on_DeviceGetPowerUsage(self, board: Board) -> int:  # noqa: N802
        return board.power_mw()

    def on_DeviceGetFieldValues(  # noqa: N802
        self, board: Board, fields: list[tuple[int, int]]
    ) -> Any:
        answers = (pynvml.c_nvmlFieldValue_t * len(fields))()
        for answer, (field, _scope) in zip(answers, fields, strict=True):
            answer.valueType = pynvml.NVML_VALUE_TYPE_UNSIGNED_LONG_LONG
            answer.nvmlReturn, answer.value.ullVal = self._field(board, field)
        return answers

    def _field(self, board: Board, field: int) -> tuple[int, int]:
        """The counter's field fails with the counter's function, power fields with their own."""
        values = {83: board.counter_mj, 185: lambda: board.power_mw(1.0), 186: board.power_mw}
        code = self.faults.get(f"field {field}", 0 if field in values else NOT_SUPPORTED)
        if field == ENERGY_FIELD:
            fault = self.faults.get("nvmlDeviceGetTotalEnergyConsumption", 0)
            code = fault() if callable(fault) else fault
        return code, values[field]() if not code else 0

    def on_DeviceGetCudaComputeCapability(self, board: Board) -> tuple[int, int]:  # noqa: N802
        return (9, 0)

    def on_DeviceGetHandleByUUID(self, uuid: str) -> Any:  # noqa: N802
        if uuid != "MIG-slice-of-0":
            raise ScriptedError(6)
        return SimpleNamespace(board=self.boards[0])

    def on_DeviceGetDeviceHandleFromMigDeviceHandle(self, part: Any) -> Board:  # noqa: N802
        return part.board  # type: ignore[no-any-return]


class InlineSampler:
    """Makes the passes that are due while the hand clock moves."""

    flags: tuple[str, ...] = ()

    def __init__(self, machine: "Machine | Scene", task: SamplingTask) -> None:
        self.machine, self.loop, self.recording = machine, task.loop(), task.recording
        self.stopped = False

    def start(self) -> None:
        self.machine.sampler = self
        self.recording.resume()

    def catch_up(self) -> None:
        """Every pass goes into the recording as it is made."""

    def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        deadline = self.machine.clock.now_ns + timeout_s * 1e9
        while not until() and not self.stopped and self.machine.clock.now_ns < deadline:
            self.advance_to(self.machine.clock.now_ns + 20_000_000)
        return until()

    def advance_to(self, target_ns: int) -> None:
        clock = self.machine.clock
        while not self.stopped and self.loop.due_ns <= target_ns:
            clock.now_ns = max(clock.now_ns, self.loop.due_ns)
            self.loop.poll()
        clock.now_ns = max(clock.now_ns, target_ns)

    def stop(self) -> None:
        self.stopped = True
        self.recording.stop("sampling was stopped")


class Machine:
    """Boards, their binding and a clock, with a meter on top."""

    def __init__(
        self,
        names: tuple[str, ...] = ("H100",),
        *,
        tick_s: float = 0.1,
        origin_ns: int = 7_013_000_001,
        cards: Any = None,
    ) -> None:
        self.clock = HandClock(origin_ns)
        self.boards = [
            Board(self.clock, index, name, tick_s * (1 + index / 7))
            for index, name in enumerate(names)
        ]
        self.nvml = ScriptedNvml(self.boards)
        self.sampler: InlineSampler | None = None
        self.library = NvmlLibrary(self.nvml, self.clock, simulated=True)
        self.meter = NvmlMeter(
            self.library,
            self.clock,
            lambda task: InlineSampler(self, task),
            cards,
        )

    @property
    def uuids(self) -> list[str]:
        return [board.uuid for board in self.boards]

    def devices(self, **environ: str) -> NvmlDevices:
        return NvmlDevices(self.library, environ)

    def work(self, seconds: float, watts: float) -> float:
        """All boards draw `watts` for `seconds`; returns the true joules of all together."""
        for board in self.boards:
            board.draw(watts)
        target_ns = self.clock.now_ns + round(seconds * 1e9)
        if self.sampler is None:
            self.clock.now_ns = target_ns
        else:
            self.sampler.advance_to(target_ns)
        for board in self.boards:
            board.draw(50.0)
        return seconds * watts * len(self.boards)

    def without_counter(self) -> "Machine":
        self.nvml.faults["nvmlDeviceGetTotalEnergyConsumption"] = NOT_SUPPORTED
        return self

    def without_power(self) -> "Machine":
        for call in ("nvmlDeviceGetFieldValues", "nvmlDeviceGetPowerUsage"):
            self.nvml.faults[call] = NOT_SUPPORTED
        return self

    def with_average_power_alone(self) -> "Machine":
        self.without_counter().nvml.faults["field 186"] = NOT_SUPPORTED
        for board in self.boards:
            board.averages_s = 1.0
        return self


@pytest.fixture
def make_machine() -> type[Machine]:
    return Machine


class Scene:
    """A scenario of simulated boards under the meter, on a clock that nobody waits for.

    Seconds count from the opening of the session. The boards idle at 60 W and draw 400 W in the
    load, from `load_s[0]` to `load_s[1]`.
    """

    def __init__(
        self,
        sensors: Sensors,
        *,
        boards: int = 1,
        load_s: tuple[float, float] = (4.0, 9.0),
        gpu: dict[str, Any] | None = None,
        cards: Any = None,
        **scenario: Any,
    ) -> None:
        """`gpu`, `scenario`: further fields of each board and of the scenario."""
        self.load_s = load_s
        self.clock = HandClock(7_013_000_001)
        gpus = tuple(
            Gpu(
                uuid=f"GPU-{index}",
                pci_bus_id=f"00000000:{index + 1:02X}:00.0",
                power=Bursts(base_w=60.0, burst_w=400.0, spans_s=(load_s,)),
                sensors=sensors,
                **(gpu or {}),
            )
            for index in range(boards)
        )
        self.scenario = Scenario(gpus=gpus, **scenario).starting(self.clock)
        nvml = SimulatedNvml(self.scenario, self.clock.monotonic_ns)
        self.library = NvmlLibrary(nvml, self.clock)
        self.sampler: InlineSampler | None = None
        self.meter = NvmlMeter(
            self.library, self.clock, lambda task: InlineSampler(self, task), cards
        )
        self.devices = NvmlDevices(self.library, {})

    def open(self) -> Any:
        return self.meter.open([gpu.uuid for gpu in self.scenario.gpus])

    def advance_to(self, seconds: float) -> None:
        assert self.sampler is not None
        self.sampler.advance_to(self.scenario.start_ns + round(seconds * 1e9))

    def reading(self) -> Any:
        """Of a window around the load."""
        return self.reading_and_session()[0]

    def reading_and_session(self) -> tuple[Any, Any]:
        session = self.open()
        self.advance_to(self.load_s[0])
        window = session.begin("load")
        self.advance_to(self.load_s[1])
        window.end()
        self.advance_to(self.load_s[1] + 4.0)
        return window.reading(), session

    def true_j(self) -> float:
        """Of the load, over all boards."""
        start_ns, end_ns = (self.scenario.start_ns + round(at_s * 1e9) for at_s in self.load_s)
        truth = Truth(self.scenario)
        return sum(truth.energy_j(gpu.uuid, start_ns, end_ns) for gpu in self.scenario.gpus)


@pytest.fixture
def make_scene() -> type[Scene]:
    return Scene
