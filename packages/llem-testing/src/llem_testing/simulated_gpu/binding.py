"""The simulated driver with the functions of pynvml.

    LLEM_NVML_BINDING=llem_testing.simulated_gpu.binding:BINDING
    LLEM_SIMULATED_GPU=/absolute/path/of/scenario.json

put every process of a run on the same simulated machine. A test that owns its clock makes its
own: `SimulatedNvml(scenario, clock.monotonic_ns)`.
"""

import inspect
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from llem_testing.simulated_gpu.board import Board
from llem_testing.simulated_gpu.calls import NVML, Call, Handle, Machine, error_code, refusal
from llem_testing.simulated_gpu.energy_calls import ENERGY_CALLS
from llem_testing.simulated_gpu.identity_calls import IDENTITY_CALLS
from llem_testing.simulated_gpu.library_calls import HANDLE_CALLS, LIBRARY_CALLS
from llem_testing.simulated_gpu.scenario import ANY_DEVICE_FUNCTION, Fault, Scenario
from llem_testing.simulated_gpu.scenario_file import scenario_from_environment
from llem_testing.simulated_gpu.state_calls import STATE_CALLS

_DEVICE_CALLS = IDENTITY_CALLS | STATE_CALLS | ENERGY_CALLS
_START_CALLS = ("nvmlInit", "nvmlInitWithFlags")
_PURE_HELPERS = frozenset(
    {"nvmlExceptionClass", "nvmlFriendlyObjectToStruct", "nvmlStructToFriendlyObject"}
)
_FUNCTIONS = frozenset([*_DEVICE_CALLS, *HANDLE_CALLS, *LIBRARY_CALLS, *_START_CALLS])


class SimulatedNvml:
    """An object to use where the module pynvml is expected.

    Functions raise pynvml's own exceptions and fill its structures. What is not simulated is
    refused as not supported; the real driver is never called. Constants and types are pynvml's.
    """

    def __init__(
        self,
        scenario: Scenario | Callable[[], Scenario],
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`scenario`: or where to get it, at the first `nvmlInit`.

        Raises `ValueError`, there or here, for a fault of a function that does not exist.
        """
        self._source = scenario
        self._monotonic_ns = monotonic_ns
        self._machine: Machine | None = None
        self._users = 0
        self._lock = threading.Lock()
        if isinstance(scenario, Scenario):
            self._set_up()
        for name, function in _DEVICE_CALLS.items():
            setattr(self, name, partial(self._ask_device, name, function))
        for name, find in HANDLE_CALLS.items():
            setattr(self, name, partial(self._ask_handle, name, find))
        for name, function in LIBRARY_CALLS.items():
            setattr(self, name, partial(self._ask_library, name, function))
        for name in _START_CALLS:
            setattr(self, name, partial(self._start, name))

    def nvmlShutdown(self) -> None:  # noqa: N802 - the name is pynvml's
        """Undo one `nvmlInit`."""
        self._running()
        with self._lock:
            self._users -= 1

    def nvmlErrorString(self, code: int) -> str:  # noqa: N802 - the name is pynvml's
        """The words for a return code."""
        return str(NVML.NVMLError(code))

    def __getattr__(self, name: str) -> Any:
        value = getattr(NVML, name)
        if inspect.isfunction(value) and name not in _PURE_HELPERS:
            return _not_simulated
        return value

    def _start(self, name: str, _flags: int = 0) -> None:
        machine = self._machine or self._set_up()
        self._fail(name, machine, self._now_ns(machine))
        with self._lock:
            self._users += 1

    def _set_up(self) -> Machine:
        scenario = self._source if isinstance(self._source, Scenario) else self._source()
        for fault in scenario.faults:
            if fault.function not in _FUNCTIONS | {ANY_DEVICE_FUNCTION}:
                raise ValueError(f"a fault names {fault.function}, which is not simulated")
        boards = tuple(Board(scenario, index) for index in range(len(scenario.gpus)))
        self._machine = Machine(scenario, boards)
        return self._machine

    def _running(self) -> Machine:
        if self._machine is None or self._users < 1:
            raise refusal("uninitialized")
        return self._machine

    def _now_ns(self, machine: Machine) -> int:
        """Time since the scenario's start."""
        now_ns = self._monotonic_ns() - machine.scenario.start_ns
        if now_ns < 0:
            raise ValueError(f"the scenario starts in {-now_ns} ns: set its `start_ns`")
        return now_ns

    def _ask_library(self, name: str, function: Callable[..., Any], *args: Any) -> Any:
        machine = self._running()
        self._fail(name, machine, self._now_ns(machine))
        return function(machine, *args)

    def _ask_handle(self, name: str, find: Callable[..., Handle], *args: Any) -> Handle:
        machine = self._running()
        now_ns = self._now_ns(machine)
        handle = find(machine, *args)
        self._fail(name, machine, now_ns, handle)
        return handle

    def _ask_device(
        self, name: str, function: Callable[..., Any], handle: Any, *args: Any, **named: Any
    ) -> Any:
        machine = self._running()
        if not isinstance(handle, Handle):
            raise refusal("invalid_argument")
        now_ns = self._now_ns(machine)
        self._fail(name, machine, now_ns, handle)
        board = machine.boards[handle.board]
        call = Call(
            machine=machine,
            board=board,
            mig=None if handle.mig is None else board.gpu.mig_devices[handle.mig],
            now_ns=now_ns,
            field_errors=partial(_field_error, machine, now_ns, _uuids(machine, handle)),
        )
        return function(call, *args, **named)

    def _fail(self, name: str, machine: Machine, now_ns: int, handle: Handle | None = None) -> None:
        """Raise what the first fault wants that strikes this function."""
        names = (name,) if handle is None else (name, ANY_DEVICE_FUNCTION)
        for fault in machine.scenario.faults:
            if fault.field_id is None and fault.function in names:
                _raise_if_struck(fault, machine, now_ns, handle)


BINDING = SimulatedNvml(scenario_from_environment)
"""The machine that `LLEM_SIMULATED_GPU` names, in real time; read at the first `nvmlInit`."""


def _raise_if_struck(fault: Fault, machine: Machine, now_ns: int, handle: Handle | None) -> None:
    if fault.strikes(now_ns, () if handle is None else _uuids(machine, handle)):
        raise refusal(fault.error)


def _field_error(machine: Machine, now_ns: int, uuids: tuple[str, ...], field_id: int) -> int:
    for fault in machine.scenario.faults:
        if fault.field_id == field_id and fault.strikes(now_ns, uuids):
            return error_code(fault.error)
    success: int = NVML.NVML_SUCCESS
    return success


def _uuids(machine: Machine, handle: Handle) -> tuple[str, ...]:
    """Of the board, and of the MIG device where the handle is for one."""
    gpu = machine.boards[handle.board].gpu
    return (gpu.uuid,) if handle.mig is None else (gpu.uuid, gpu.mig_devices[handle.mig].uuid)


def _not_simulated(*_args: Any, **_named: Any) -> None:
    raise refusal("not_supported")
