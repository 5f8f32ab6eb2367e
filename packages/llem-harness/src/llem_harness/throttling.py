"""Whether the devices were held back during the window (CM-34)."""

from dataclasses import dataclass, field

from llem_schema import (
    HOST_ID,
    DeviceReading,
    DeviceThrottling,
    EnergyReading,
    FrozenDict,
    NotMeasured,
    ThrottlingRecord,
)

_KEY = "throttling"


@dataclass(frozen=True)
class ThrottlingFigures:
    """The throttling of a result; `missing` explains every None in it."""

    record: ThrottlingRecord | None
    missing: dict[str, NotMeasured] = field(default_factory=dict)


def throttling_figures(
    reading: EnergyReading, meter: str, no_energy: NotMeasured | None
) -> ThrottlingFigures:
    """What the window's reading says of it. `meter`: name of the one that gave the reading."""
    if no_energy is not None:
        return ThrottlingFigures(None, {_KEY: no_energy})
    devices = tuple(_of_device(device, reading.duration_s) for device in reading.devices)
    known = [device for device in devices if device.throttled_s is not None]
    why = [_why_none(device, meter) for device in reading.devices]
    if not known:
        return ThrottlingFigures(None, {_KEY: why[0] if why else _not_told(meter)})
    longest: dict[str, float] = {}
    for device in known:
        for reason, seconds in (device.throttled_s or {}).items():
            longest[reason] = max(seconds, longest.get(reason, 0.0))
    record = ThrottlingRecord(
        reasons=tuple(reason for reason, seconds in longest.items() if seconds > 0),
        throttled_s=FrozenDict(longest),
        throttled_share=max(device.throttled_share or 0.0 for device in known),
        source="polled" if any(device.source == "polled" for device in known) else "counters",
        devices=devices,
    )
    missing = {
        f"{_KEY}.devices.{index}.{name}": reason
        for index, (device, reason) in enumerate(zip(devices, why, strict=True))
        for name in ("throttled_s", "throttled_share", "source", "resolution_s")
        if getattr(device, name) is None
    }
    return ThrottlingFigures(record, missing)


def _of_device(device: DeviceReading, duration_s: float) -> DeviceThrottling:
    seconds = device.throttled_s
    share = None
    if seconds is not None and duration_s > 0:
        share = max(seconds.values(), default=0.0) / duration_s
    return DeviceThrottling(
        uuid=device.uuid,
        throttled_s=seconds,
        throttled_share=share,
        source=device.throttled_source,
        resolution_s=device.throttled_resolution_s,
    )


def _why_none(device: DeviceReading, meter: str) -> NotMeasured:
    if device.uuid == HOST_ID:
        return NotMeasured(
            code="not_applicable", reason="the run computes on the CPU, which tells no reasons"
        )
    if device.throttled_reason is not None:
        return NotMeasured(code="not_available", reason=device.throttled_reason)
    return _not_told(meter)


def _not_told(meter: str) -> NotMeasured:
    return NotMeasured(
        code="not_available", reason=f"the meter {meter} does not tell when clocks are held back"
    )
