"""A call of the driver, and the one place where pynvml's own types come in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pynvml

from llem_testing.simulated_gpu.board import Board
from llem_testing.simulated_gpu.gpu import Gpu, MigDevice
from llem_testing.simulated_gpu.scenario import Scenario

NVML: Any = pynvml
"""Constants, structures and exceptions of the real binding. None of its functions is called."""


@dataclass(frozen=True, slots=True)
class Handle:
    """What the driver gives for a device."""

    board: int
    mig: int | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """A scenario and its boards."""

    scenario: Scenario
    boards: tuple[Board, ...]

    def wall_us(self, at_ns: int) -> int:
        """Wall clock in microseconds since 1970."""
        return (self.scenario.wall_start_ns + at_ns) // 1000


@dataclass(frozen=True, slots=True)
class Call:
    """A call on a device at an instant, in nanoseconds since the scenario's start."""

    machine: Machine
    board: Board
    mig: MigDevice | None
    now_ns: int
    field_errors: Callable[[int], int]
    """Return code that faults give to a field; 0 where there is none."""

    @property
    def gpu(self) -> Gpu:
        return self.board.gpu


def refusal(error: str) -> Exception:
    """The exception of pynvml for `NVML_ERROR_...`, named in lower case."""
    exception: Exception = NVML.NVMLError(error_code(error))
    return exception


def error_code(error: str) -> int:
    """The value of `NVML_ERROR_...`, named in lower case."""
    code: int = getattr(NVML, f"NVML_ERROR_{error.upper()}")
    return code
