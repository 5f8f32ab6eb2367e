"""What sensors and devices give a reader of the numbers to know: coded warnings."""

from llem_schema import EnergyReading, MeasurementWarning, ThrottlingRecord

THROTTLED_SHARE = 0.01
"""Under a throttle reason for more than this share of the window is worth a warning: it moves the
figures by about as much as a good meter errs."""
THERMAL_DRIFT_C = 5.0
"""A change of temperature beyond this is worth a warning: leakage power grows by a percent or more
with it."""

FLAGS = {
    "simulated_device": "{devices} is simulated: no figure says anything about real hardware.",
    "mig_parent": "{devices} is partitioned and tells the power of the whole board alone, so the "
    "energy holds that of all its partitions.",
    "shared_device": "Another process held {devices} during the window, so its work is in the "
    "energy and in the times.",
    "sensor_disagreement": "The sensors of {devices} disagree by more than 5 %; which one was "
    "believed is in the meter's method.",
    "sensor_fallback": "The preferred sensor of {devices} failed during the window, and another "
    "one gave the energy.",
    "sensor_interrupted": "A sensor of {devices} could not be read for a while during the window "
    "or just beside it.",
    "sampler_in_process": "The sensors were read by a thread of the process that generates, which "
    "may delay both.",
}
"""Flags of a reading that a reader of the result must hear of in words."""


def flag_warnings(reading: EnergyReading) -> list[MeasurementWarning]:
    """A warning for each flag of the reading and its devices that needs one."""
    found = []
    for flag, sentence in FLAGS.items():
        devices = [device.uuid for device in reading.devices if flag in device.flags]
        if devices or flag in reading.flags:
            whose = ", ".join(devices) or "The device"
            found.append(MeasurementWarning(code=flag, message=sentence.format(devices=whose)))
    return found


def throttling_warnings(
    throttling: ThrottlingRecord | None, duration_s: float
) -> list[MeasurementWarning]:
    """Whether clocks were held back for more than `THROTTLED_SHARE` of the window."""
    if throttling is None or throttling.throttled_share <= THROTTLED_SHARE:
        return []
    held = ", ".join(
        f"{reason} for {throttling.throttled_s[reason]:.2f} s" for reason in throttling.reasons
    )
    how = "" if throttling.source == "counters" else ", as far as looks once a second can tell"
    message = (
        f"Clocks were held back during {throttling.throttled_share:.1%} of the {duration_s:.2f} s "
        f"({held}){how}, so the figures are those of a slower device."
    )
    return [MeasurementWarning(code="throttled", message=message)]


def temperature_warnings(drift_c: float | None) -> list[MeasurementWarning]:
    """Whether a device's temperature moved by more than `THERMAL_DRIFT_C` in the window."""
    if drift_c is None or abs(drift_c) <= THERMAL_DRIFT_C:
        return []
    message = (
        f"A device became {abs(drift_c):.1f} C {'warmer' if drift_c > 0 else 'cooler'} during the "
        "window, so its power was not that of a steady state."
    )
    return [MeasurementWarning(code="thermal_drift", message=message)]
