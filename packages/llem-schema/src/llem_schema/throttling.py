"""How long devices held their clocks back during a run's window (CM-34)."""

from typing import Literal

from llem_schema.frozen import FrozenDict, FrozenList
from llem_schema.model import Model

ThrottlingSource = Literal["counters", "polled"]
"""`counters`: the driver adds up the time under each reason. `polled`: somebody looked now and then
which reasons held."""


class DeviceThrottling(Model):
    """One device."""

    uuid: str
    throttled_s: FrozenDict[str, float] | None
    """Seconds of the window under each reason, 0.0 for one that did not hold."""
    throttled_share: float | None
    """Of the window, under the reason that held longest; reasons may hold at once."""
    source: ThrottlingSource | None
    resolution_s: float | None
    """What each of `throttled_s` may be off by; of `polled` ones the time between two looks."""


class ThrottlingRecord(Model):
    """All devices of a run that tell."""

    reasons: FrozenList[str]
    """That held at any time, on any device."""
    throttled_s: FrozenDict[str, float]
    """By reason, on the device on which it held longest."""
    throttled_share: float
    """Of the device that was held back longest."""
    source: ThrottlingSource
    """`polled` where that goes for any device."""
    devices: FrozenList[DeviceThrottling]
