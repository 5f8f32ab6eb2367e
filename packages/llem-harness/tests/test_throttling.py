"""The throttling of a result, and the temperature beside it."""

from typing import Any

import pytest
from llem_contracts import Sample
from llem_harness.temperature import temperature_drift_c
from llem_harness.throttling import throttling_figures
from llem_schema import DeviceReading, EnergyReading, FrozenDict, NotMeasured


def device(uuid: str = "GPU-a", **told: Any) -> DeviceReading:
    if "throttled_s" in told:
        told["throttled_s"] = FrozenDict(told["throttled_s"])
    return DeviceReading(
        uuid=uuid,
        energy_j=1.0,
        method="counter_edges",
        scope="gpu",
        mean_power_w=None,
        peak_power_w=None,
        **told,
    )


def reading(*devices: DeviceReading) -> EnergyReading:
    """A window of 10 s."""
    return EnergyReading(
        name="measured",
        start_ns=0,
        end_ns=10**10,
        duration_s=10.0,
        energy_j=1.0,
        uncertainty_j=None,
        comparison_uncertainty_j=None,
        mean_power_w=None,
        peak_power_w=None,
        method="counter_edges",
        scope="gpu",
        devices=devices,
    )


COUNTED: dict[str, Any] = {
    "throttled_s": {"sw_power_cap": 2.5, "hw_thermal_slowdown": 0.5, "sw_thermal_slowdown": 0.0},
    "throttled_source": "counters",
    "throttled_resolution_s": 0.1,
}


class TestThrottling:
    def test_has_reasons_seconds_share_and_source(self) -> None:
        found = throttling_figures(reading(device(**COUNTED)), "nvml", None)
        assert found.record is not None
        assert found.record.reasons == ("sw_power_cap", "hw_thermal_slowdown")
        assert found.record.throttled_s == COUNTED["throttled_s"]
        assert found.record.throttled_share == 0.25
        assert found.record.source == "counters"
        assert found.record.devices[0].resolution_s == 0.1
        assert found.missing == {}

    def test_of_several_devices_is_that_of_the_worst(self) -> None:
        looked = {
            "throttled_s": {"hw_thermal_slowdown": 4.0},
            "throttled_source": "polled",
            "throttled_resolution_s": 1.0,
        }
        both = reading(device(**COUNTED), device("GPU-b", **looked))
        record = throttling_figures(both, "nvml", None).record
        assert record is not None
        assert record.throttled_s["hw_thermal_slowdown"] == 4.0
        assert record.throttled_s["sw_power_cap"] == 2.5
        assert (record.throttled_share, record.source) == (0.4, "polled")
        assert [d.throttled_share for d in record.devices] == [0.25, 0.4]

    def test_explains_a_device_that_does_not_tell(self) -> None:
        silent = device("GPU-b", throttled_reason="the counters fell")
        found = throttling_figures(reading(device(**COUNTED), silent), "nvml", None)
        assert found.record is not None
        assert set(found.missing) == {
            f"throttling.devices.1.{name}"
            for name in ("throttled_s", "throttled_share", "source", "resolution_s")
        }
        assert {why.reason for why in found.missing.values()} == {"the counters fell"}

    @pytest.mark.parametrize(
        ("silent", "code", "word"),
        [
            (device(throttled_reason="the driver was reloaded"), "not_available", "reloaded"),
            (device(), "not_available", "the meter acme does not tell"),
            (device("host"), "not_applicable", "CPU"),
        ],
    )
    def test_is_none_with_a_reason_where_none_tells(
        self, silent: DeviceReading, code: str, word: str
    ) -> None:
        found = throttling_figures(reading(silent), "acme", None)
        assert found.record is None
        assert found.missing["throttling"].code == code
        assert word in found.missing["throttling"].reason

    def test_is_none_without_a_sensor(self) -> None:
        why = NotMeasured(code="no_sensor", reason="there is no driver")
        assert throttling_figures(reading(), "none", why).missing == {"throttling": why}


def samples(*temperatures_c: float | None, device: str = "GPU-a") -> list[Sample]:
    return [
        Sample(monotonic_ns=at, device=device, temperature_c=c)
        for at, c in enumerate(temperatures_c)
    ]


class TestTemperatureDrift:
    @pytest.mark.parametrize(
        ("temperatures_c", "drift_c"),
        [
            ((40.0, None, 45.0), 5.0),
            ((50.0, 51.0, 52.0, 60.0, 61.0, 62.0), 10.0),
            ((50.0, 44.0), -6.0),
            ((50.0, None), None),
            ((), None),
        ],
    )
    def test_is_that_from_the_first_readings_to_the_last(
        self, temperatures_c: tuple[float | None, ...], drift_c: float | None
    ) -> None:
        assert temperature_drift_c(samples(*temperatures_c)) == drift_c

    def test_is_that_of_the_device_that_moved_most(self) -> None:
        both = [*samples(40.0, 42.0), *samples(70.0, 60.0, device="GPU-b")]
        assert temperature_drift_c(both) == -10.0
