"""Energy counter, power and slow state of one GPU, read with as few calls as the driver allows.

Fields and calls are those of the NVML reference. `nvmlDeviceGetPowerUsage` is the power of the
moment on GA100 and older parts and a one-second average on everything newer (NVML reference).
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from llem_contracts import Clock

from llem_energy.nvml_library import TIMEOUT, NvmlLibrary, NvmlRefusal
from llem_energy.other_processes import OtherProcesses
from llem_energy.poll import BoardState, Poll
from llem_energy.throttling import CUMULATIVE_FIELDS

Quantity = Literal["energy", "instant", "average"]

_FIELDS: dict[Quantity, int] = {"energy": 83, "instant": 186, "average": 185}
_NAMES: dict[Quantity, str] = {
    "energy": "energy counter",
    "instant": "power (instant)",
    "average": "power (average)",
}
_ENERGY_CALL = "nvmlDeviceGetTotalEnergyConsumption"
_USAGE_CALL = "nvmlDeviceGetPowerUsage"
_PROCESSES_CALL = "nvmlDeviceGetComputeRunningProcesses"
_TEMPERATURE_GPU = 0
_TOTAL_POWER_SAMPLES = 0
_CLOCK_SM = 1
_CLOCK_MEMORY = 2
_STATE_EVERY_NS = 1_000_000_000
_GA100 = (8, 0)
"""Compute capability of the last parts whose power usage is that of the moment."""


class NvmlSensors:
    """Finds out at start which sensors answer, then reads those, all fields in one call."""

    def __init__(
        self,
        library: NvmlLibrary,
        handle: Any,
        clock: Clock,
        others: OtherProcesses | None = None,
    ) -> None:
        """`others`: tells who is a stranger; by default anybody that this process did not start."""
        self._library = library
        self._handle = handle
        self._clock = clock
        self._others = others or OtherProcesses()
        self._state_due_ns = 0
        self.compute_capability = self._asked_capability()
        """None where the driver does not tell."""
        self.refusals: dict[str, str] = {}
        """Why, for each sensor that does not answer."""
        self._fields: dict[Quantity, int] = {}
        self._calls: dict[Quantity, str] = {}
        self._find("energy", _ENERGY_CALL)
        self._find("instant", None)
        self._find("average", None)
        self._find_usage()
        self._stand_ins: dict[Quantity, str] = {
            "energy": _ENERGY_CALL,
            "instant" if self._usage_is_instant() else "average": _USAGE_CALL,
        }
        """Calls that tell the same as a field, for when the field no longer answers."""
        self._throttle_fields = self._answering_throttle_fields()

    @property
    def has_counter(self) -> bool:
        return self._reads("energy")

    @property
    def has_instant(self) -> bool:
        """Whether the power of the moment can be read."""
        return self._reads("instant")

    @property
    def has_average(self) -> bool:
        """Whether the mean power of the last second can be read."""
        return self._reads("average")

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What can be read, the preferred first."""
        return tuple(quantity for quantity in _FIELDS if self._reads(quantity))

    def has_sample_buffer(self) -> bool:
        """Whether the driver keeps a buffer of power samples."""
        function = "nvmlDeviceGetSamples"
        return (
            self._refusal_of(
                lambda: self._library.call_once(function, self._handle, _TOTAL_POWER_SAMPLES, 0)
            )
            is None
        )

    @property
    def readable(self) -> bool:
        """Whether energy or power answers."""
        return bool(self._fields or self._calls)

    def poll(self) -> Poll:
        """Read everything now. What cannot be read is None; never raises for the driver."""
        before_ns = self._clock.monotonic_ns()
        lost: list[str] = []
        values = self._read_fields(lost)
        for quantity, function in self._calls.items():
            values[quantity] = self._attempt(lost, function)
        after_ns = self._clock.monotonic_ns()
        state = None
        if before_ns >= self._state_due_ns and not lost:
            state = self._state(lost)
            self._state_due_ns = before_ns + _STATE_EVERY_NS
        return Poll(
            at_ns=(before_ns + after_ns) // 2,
            half_ns=(after_ns - before_ns + 1) // 2,
            energy_j=_from_milli(values.get("energy")),
            instant_w=_from_milli(values.get("instant")),
            average_w=_from_milli(values.get("average")),
            state=state,
            lost=lost[0] if lost else None,
        )

    def _reads(self, quantity: Quantity) -> bool:
        return quantity in self._fields or quantity in self._calls

    def _find(self, quantity: Quantity, function: str | None) -> None:
        """Settle on the field of a quantity where it answers, else on its function."""
        field = _FIELDS[quantity]
        reason = self._refusal_of(lambda: self._library.field(self._handle, field))
        if reason is None:
            self._fields[quantity] = field
            return
        if function is not None:
            reason = self._refusal_of(lambda: self._library.call_once(function, self._handle))
            if reason is None:
                self._calls[quantity] = function
                return
        self.refusals[_NAMES[quantity]] = reason

    def _find_usage(self) -> None:
        """Power usage stands in for the kind of power that it is on this part."""
        quantity: Quantity = "instant" if self._usage_is_instant() else "average"
        if self._reads(quantity):
            return
        reason = self._refusal_of(lambda: self._library.call_once(_USAGE_CALL, self._handle))
        if reason is None:
            self._calls[quantity] = _USAGE_CALL
        else:
            self.refusals["power (usage)"] = reason

    def _usage_is_instant(self) -> bool:
        """A part that does not say what it is counts as a newer one."""
        return self.compute_capability is not None and self.compute_capability <= _GA100

    def _asked_capability(self) -> tuple[int, int] | None:
        try:
            major, minor = self._library.call("nvmlDeviceGetCudaComputeCapability", self._handle)
        except NvmlRefusal:
            return None
        return major, minor

    def _answering_throttle_fields(self) -> dict[str, int]:
        return {
            reason: field
            for reason, field in CUMULATIVE_FIELDS.items()
            if self._refusal_of(lambda f=field: self._library.field(self._handle, f)) is None  # type: ignore[misc]
        }

    def _refusal_of(self, read: Callable[[], object]) -> str | None:
        try:
            self._library.retry(read)
        except NvmlRefusal as refusal:
            return refusal.reason
        return None

    def _read_fields(self, lost: list[str]) -> dict[Quantity, float | None]:
        if not self._fields:
            return {}
        answers: Sequence[float | NvmlRefusal]
        try:
            answers = self._library.fields(self._handle, tuple(self._fields.values()))
        except NvmlRefusal as refusal:
            answers = [refusal] * len(self._fields)
        values: dict[Quantity, float | None] = {}
        for quantity, answer in zip(self._fields, answers, strict=True):
            if not isinstance(answer, NvmlRefusal):
                values[quantity] = answer
                continue
            _note_loss(lost, answer)
            function = self._stand_ins.get(quantity)
            if function is not None and answer.code != TIMEOUT:
                values[quantity] = self._attempt(lost, function)
        return values

    def _attempt(self, lost: list[str], function: str, *args: int) -> float | None:
        """The value; None where the driver refuses it."""
        if lost:
            return None
        try:
            return float(self._library.call_once(function, self._handle, *args))
        except NvmlRefusal as refusal:
            _note_loss(lost, refusal)
            return None

    def _state(self, lost: list[str]) -> BoardState:
        performance = self._attempt(lost, "nvmlDeviceGetPerformanceState")
        bits = self._attempt(lost, "nvmlDeviceGetCurrentClocksEventReasons")
        return BoardState(
            temperature_c=self._attempt(lost, "nvmlDeviceGetTemperature", _TEMPERATURE_GPU),
            sm_clock_mhz=self._attempt(lost, "nvmlDeviceGetClockInfo", _CLOCK_SM),
            memory_clock_mhz=self._attempt(lost, "nvmlDeviceGetClockInfo", _CLOCK_MEMORY),
            performance_state=None if performance is None else int(performance),
            throttle_bits=None if bits is None else int(bits),
            throttled_ns=self._throttled_ns(lost),
            other_processes=self._other_processes(lost),
        )

    def _other_processes(self, lost: list[str]) -> int | None:
        if lost:
            return None
        try:
            processes = self._library.call_once(_PROCESSES_CALL, self._handle)
        except NvmlRefusal as refusal:
            _note_loss(lost, refusal)
            return None
        return self._others.count(process.pid for process in processes)

    def _throttled_ns(self, lost: list[str]) -> tuple[int | None, ...] | None:
        if not self._throttle_fields or lost:
            return None
        try:
            answers = self._library.fields(self._handle, tuple(self._throttle_fields.values()))
        except NvmlRefusal as refusal:
            _note_loss(lost, refusal)
            return None
        by_reason = dict(zip(self._throttle_fields, answers, strict=True))
        found = [by_reason.get(reason) for reason in CUMULATIVE_FIELDS]
        return tuple(int(value) if isinstance(value, float) else None for value in found)


def _note_loss(lost: list[str], refusal: NvmlRefusal) -> None:
    if refusal.lost:
        lost.append(refusal.reason)


def _from_milli(value: float | None) -> float | None:
    return None if value is None else value / 1e3
