"""What every meter suite needs beside a meter: devices that can be kept busy.

def work(self, seconds):                     # the author's part
    ... keep every device busy for so long, and return when it is done ...
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from llem_contracts import Clock, Meter, MeterSession
from llem_schema import DeviceFacts


class WorkBench(ABC):
    """A meter and its devices, whose power nobody needs to know. Fresh for every test."""

    window_s: float = 3.0
    """A window that the meter resolves for certain."""
    patience_s: float = 0.5
    """Time that may pass in a call that waits for nothing."""

    def __init__(
        self,
        *,
        meter: Meter,
        clock: Clock,
        devices: Sequence[DeviceFacts],
        stranger: DeviceFacts | None = None,
    ) -> None:
        """`stranger`: a device that the meter cannot read, where there is one.

        `clock` gives the meter's own time.
        """
        self.meter = meter
        self.clock = clock
        self.devices = tuple(devices)
        self.stranger = stranger
        self._sessions: list[MeterSession] = []

    @abstractmethod
    def work(self, seconds: float) -> None:
        """All devices are busy."""

    def rest(self, seconds: float) -> None:
        """All devices are idle."""
        self.clock.sleep(seconds)

    @property
    def uuids(self) -> tuple[str, ...]:
        """The devices as `Meter.open` takes them."""
        return tuple(device.uuid for device in self.devices)

    def open(
        self, uuids: Sequence[str] | None = None, sample_period_s: float | None = None
    ) -> MeterSession:
        """A session on all devices, or on these."""
        session = self.meter.open(self.uuids if uuids is None else uuids, sample_period_s)
        self._sessions.append(session)
        return session

    def close(self) -> None:
        """Close every session that was opened here, so that no sampling outlasts its test."""
        while self._sessions:
            self._sessions.pop().close()
