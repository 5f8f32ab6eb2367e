"""Energy counter, power and temperature of one GPU."""

from collections.abc import Callable
from typing import Any, Literal

from llem_contracts import Clock

from llem_energy.nvml_library import NvmlLibrary, NvmlRefusal
from llem_energy.recording import Poll

PowerSource = Literal["instant", "average", "usage"]

_FIELD_POWER_AVERAGE = 185
_FIELD_POWER_INSTANT = 186
_TEMPERATURE_GPU = 0
_TEMPERATURE_EVERY_NS = 1_000_000_000


class NvmlSensors:
    """Finds out at start which sensors answer, then reads those."""

    def __init__(self, library: NvmlLibrary, handle: Any, clock: Clock) -> None:
        self._library = library
        self._handle = handle
        self._clock = clock
        self._temperature_due_ns = 0
        self.refusals: dict[str, str] = {}
        """Why, for each sensor that does not answer."""
        self.has_counter = self._answers("energy counter", self._energy_j)
        self.power_source: PowerSource | None = None
        self._find_power()

    @property
    def averages(self) -> bool:
        """Whether the power is a one-second average.

        Power usage is taken for one: it is on Ampere (but GA100) and everything newer.
        """
        return self.power_source in ("average", "usage")

    @property
    def readable(self) -> bool:
        """Whether energy or power answers."""
        return self.has_counter or self.power_source is not None

    def poll(self) -> Poll:
        before_ns = self._clock.monotonic_ns()
        at_ns = before_ns
        energy_j = power_w = temperature_c = None
        lost: str | None = None
        if self.has_counter:
            energy_j, lost = _attempt(self._energy_j)
            at_ns = (before_ns + self._clock.monotonic_ns()) // 2
        if self.power_source is not None and lost is None:
            power_w, lost = _attempt(self._power_w)
        if before_ns >= self._temperature_due_ns and lost is None:
            temperature_c, lost = _attempt(self._temperature_c)
            self._temperature_due_ns = before_ns + _TEMPERATURE_EVERY_NS
        return Poll(at_ns, energy_j, power_w, temperature_c, lost)

    def _find_power(self) -> None:
        """Settle on the first kind of power reading that answers."""
        sources: tuple[PowerSource, ...] = ("instant", "average", "usage")
        for source in sources:
            self.power_source = source
            if self._answers(f"power ({source})", self._power_w):
                return
        self.power_source = None

    def _answers(self, sensor: str, read: Callable[[], float]) -> bool:
        try:
            self._library.retry(read)
        except NvmlRefusal as refusal:
            self.refusals[sensor] = refusal.reason
            return False
        return True

    def _energy_j(self) -> float:
        millijoules = self._library.call_once("nvmlDeviceGetTotalEnergyConsumption", self._handle)
        return float(millijoules) / 1e3

    def _power_w(self) -> float:
        match self.power_source:
            case "instant":
                return self._library.field(self._handle, _FIELD_POWER_INSTANT) / 1e3
            case "average":
                return self._library.field(self._handle, _FIELD_POWER_AVERAGE) / 1e3
            case _:
                return float(self._library.call_once("nvmlDeviceGetPowerUsage", self._handle)) / 1e3

    def _temperature_c(self) -> float:
        return float(
            self._library.call_once("nvmlDeviceGetTemperature", self._handle, _TEMPERATURE_GPU)
        )


def _attempt(read: Callable[[], float]) -> tuple[float | None, str | None]:
    """The value, or None with the reason where the device is lost."""
    try:
        return read(), None
    except NvmlRefusal as refusal:
        return None, refusal.reason if refusal.lost else None
