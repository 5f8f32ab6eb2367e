from collections.abc import Callable
from typing import Any

import pynvml
import pytest
from llem_testing.simulated_gpu import (
    EnergyCounter,
    Gpu,
    PowerSensor,
    Ramp,
    SampleBuffer,
    Sensors,
)

WALL_NS = 1_790_000_000_000_000_789
POWER_SAMPLES = pynvml.NVML_TOTAL_POWER_SAMPLES


class TestFieldValues:
    def test_they_come_in_the_structure_of_pynvml_in_the_order_asked(
        self, drive: Callable[..., Any]
    ) -> None:
        driven = drive()
        values = driven.nvml.nvmlDeviceGetFieldValues(driven.handle(), [186, (185, 0), 83])
        assert all(isinstance(value, pynvml.c_nvmlFieldValue_t) for value in values)
        assert [(v.fieldId, v.scopeId) for v in values] == [(186, 0), (185, 0), (83, 0)]

    @pytest.mark.parametrize(
        ("field", "value_type"),
        [
            (83, pynvml.NVML_VALUE_TYPE_UNSIGNED_LONG_LONG),
            (185, pynvml.NVML_VALUE_TYPE_UNSIGNED_INT),
            (186, pynvml.NVML_VALUE_TYPE_UNSIGNED_INT),
        ],
    )
    def test_each_says_its_type(
        self, drive: Callable[..., Any], field: int, value_type: int
    ) -> None:
        assert drive().field(field).valueType == value_type

    @pytest.mark.parametrize("field", [(186, 1), (185, 2), (83, 3), 82, 9999])
    def test_what_is_not_modelled_is_not_supported_and_the_rest_is_answered(
        self, drive: Callable[..., Any], field: object
    ) -> None:
        driven = drive()
        refused, answered = driven.nvml.nvmlDeviceGetFieldValues(driven.handle(), [field, 186])
        assert refused.nvmlReturn == pynvml.NVML_ERROR_NOT_SUPPORTED
        assert (answered.nvmlReturn, answered.value.uiVal) == (pynvml.NVML_SUCCESS, 100_000)

    @pytest.mark.parametrize("field", [83, 185, 186, 74, 190])
    def test_a_timestamp_is_the_wall_clock_of_the_call(
        self, drive: Callable[..., Any], field: int
    ) -> None:
        driven = drive()
        driven.at(1.234567)
        assert driven.field(field).timestamp == (WALL_NS + 1_234_567_000) // 1000

    @pytest.mark.parametrize(("field", "updated_ms"), [(83, 1_220), (185, 1_150), (186, 1_100)])
    def test_or_of_the_update_where_the_scenario_says_so(
        self, drive: Callable[..., Any], gpu: Callable[..., Gpu], field: int, updated_ms: int
    ) -> None:
        sensors = Sensors(
            energy=EnergyCounter(update_period_s=0.1, phase_s=0.02),
            power_average=PowerSensor(update_period_s=0.1, phase_s=0.05),
            power_instant=PowerSensor(update_period_s=0.2, phase_s=0.1),
        )
        driven = drive(gpu(sensors=sensors), timestamps="update")
        driven.at(1.234567)
        assert driven.field(field).timestamp == (WALL_NS + updated_ms * 1_000_000) // 1000


class TestSamples:
    @pytest.fixture
    def ramp(self, drive: Callable[..., Any], gpu: Callable[..., Gpu]) -> Any:
        """1 W more every 20 ms, and a buffer of five samples of the instant."""
        return drive(
            gpu(
                power=Ramp(from_w=0.0, to_w=500.0, start_s=0.0, end_s=10.0),
                sensors=Sensors(samples=SampleBuffer(update_period_s=0.02, capacity=5)),
            )
        )

    def ask(self, driven: Any, last_seen_us: int = 0) -> list[tuple[int, int]]:
        handle = driven.handle()
        _, samples = driven.nvml.nvmlDeviceGetSamples(handle, POWER_SAMPLES, last_seen_us)
        return [(sample.timeStamp, sample.sampleValue.uiVal) for sample in samples]

    def test_the_buffer_keeps_the_latest_ones(self, ramp: Any) -> None:
        ramp.at(1.0)
        assert self.ask(ramp) == [
            ((WALL_NS + number * 20_000_000) // 1000, number * 1000) for number in range(46, 51)
        ]

    def test_at_first_there_are_fewer(self, ramp: Any) -> None:
        ramp.at(0.03)
        assert [milliwatts for _, milliwatts in self.ask(ramp)] == [0, 1000]

    def test_only_those_after_the_last_seen_one(self, ramp: Any) -> None:
        ramp.at(1.0)
        seen = self.ask(ramp)
        assert self.ask(ramp, seen[2][0]) == seen[3:]

    def test_nothing_new_is_not_found(self, ramp: Any) -> None:
        ramp.at(1.0)
        with pytest.raises(pynvml.NVMLError_NotFound):
            self.ask(ramp, self.ask(ramp)[-1][0])

    def test_other_samples_are_not_supported(self, ramp: Any) -> None:
        with pytest.raises(pynvml.NVMLError_NotSupported):
            ramp.nvml.nvmlDeviceGetSamples(ramp.handle(), pynvml.NVML_PROCESSOR_CLK_SAMPLES, 0)
