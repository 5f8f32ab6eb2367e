"""Power and energy: the plain calls, field values, the buffer of samples."""

from collections.abc import Callable, Sequence
from typing import Any

from llem_testing.simulated_gpu.calls import NVML, Call, error_code, refusal
from llem_testing.simulated_gpu.readings import CounterReader, Ticks
from llem_testing.simulated_gpu.throttling import CUMULATIVE_FIELDS
from llem_testing.simulated_gpu.whole_units import to_mw


def _power_usage(call: Call) -> int:
    """Milliwatts."""
    if call.board.power_usage is None:
        raise refusal("not_supported")
    return call.board.power_usage.power_mw(call.now_ns)


def _energy(call: Call) -> int:
    """Millijoules."""
    if call.board.energy is None:
        raise refusal("not_supported")
    return _counter_mj(call, call.board.energy)


def _field_values(call: Call, fields: Sequence[int | tuple[int, int]]) -> Any:
    """An array of `c_nvmlFieldValue_t`; a field is an id, or an id and a scope."""
    values = (NVML.c_nvmlFieldValue_t * len(fields))()
    for value, field in zip(values, fields, strict=True):
        value.fieldId, value.scopeId = field if isinstance(field, tuple | list) else (field, 0)
        value.timestamp = call.machine.wall_us(call.now_ns)
        value.nvmlReturn = call.field_errors(value.fieldId)
        if value.nvmlReturn == NVML.NVML_SUCCESS:
            _fill(call, value)
    return values


def _fill(call: Call, value: Any) -> None:
    if value.scopeId != NVML.NVML_POWER_SCOPE_GPU:
        value.nvmlReturn = error_code("not_supported")
        return
    board, limits = call.board, call.gpu.limits
    match value.fieldId:
        case NVML.NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION if board.energy is not None:
            _set_long(value, _counter_mj(call, board.energy))
            _stamp(call, value, board.energy.ticks)
        case NVML.NVML_FI_DEV_POWER_AVERAGE if board.power_average is not None:
            _set_int(value, board.power_average.power_mw(call.now_ns))
            _stamp(call, value, board.power_average.ticks)
        case NVML.NVML_FI_DEV_POWER_INSTANT if board.power_instant is not None:
            _set_int(value, board.power_instant.power_mw(call.now_ns))
            _stamp(call, value, board.power_instant.ticks)
        case NVML.NVML_FI_DEV_POWER_MIN_LIMIT:
            _set_int(value, to_mw(limits.min_w))
        case NVML.NVML_FI_DEV_POWER_MAX_LIMIT:
            _set_int(value, to_mw(limits.max_w))
        case NVML.NVML_FI_DEV_POWER_DEFAULT_LIMIT:
            _set_int(value, to_mw(limits.default_w))
        case NVML.NVML_FI_DEV_POWER_CURRENT_LIMIT | NVML.NVML_FI_DEV_POWER_REQUESTED_LIMIT:
            _set_int(value, to_mw(limits.current_w))
        case field if field in CUMULATIVE_FIELDS:
            _set_long(value, board.throttled_ns(CUMULATIVE_FIELDS[field], call.now_ns))
        case _:
            value.nvmlReturn = error_code("not_supported")


def _set_int(value: Any, number: int) -> None:
    value.valueType = NVML.NVML_VALUE_TYPE_UNSIGNED_INT
    value.value.uiVal = number


def _set_long(value: Any, number: int) -> None:
    value.valueType = NVML.NVML_VALUE_TYPE_UNSIGNED_LONG_LONG
    value.value.ullVal = number


def _stamp(call: Call, value: Any, ticks: Ticks) -> None:
    """Date the value by its sensor's update, in a scenario that wants it."""
    if call.machine.scenario.timestamps == "update":
        value.timestamp = call.machine.wall_us(ticks.at_ns(ticks.latest(call.now_ns)))


def _samples(call: Call, sampling_type: int, last_seen_us: int) -> tuple[int, list[Any]]:
    """Type of the values, and the samples after a time, the oldest first."""
    buffer, reader = call.gpu.sensors.samples, call.board.samples
    if sampling_type != NVML.NVML_TOTAL_POWER_SAMPLES or buffer is None or reader is None:
        raise refusal("not_supported")
    samples: list[Any] = []
    tick = reader.ticks.latest(call.now_ns)
    while len(samples) < buffer.capacity and reader.ticks.at_ns(tick) >= 0:
        taken_us = call.machine.wall_us(reader.ticks.at_ns(tick))
        if taken_us <= last_seen_us:
            break
        sample = NVML.c_nvmlSample_t()
        sample.timeStamp = taken_us
        sample.sampleValue.uiVal = reader.update_mw(tick)
        samples.append(sample)
        tick -= 1
    if not samples:
        raise refusal("not_found")
    return NVML.NVML_VALUE_TYPE_UNSIGNED_INT, samples[::-1]


def _counter_mj(call: Call, counter: CounterReader) -> int:
    return counter.energy_mj(call.now_ns, call.board.loaded_ns(call.now_ns))


ENERGY_CALLS: dict[str, Callable[..., Any]] = {
    "nvmlDeviceGetPowerUsage": _power_usage,
    "nvmlDeviceGetTotalEnergyConsumption": _energy,
    "nvmlDeviceGetFieldValues": _field_values,
    "nvmlDeviceGetSamples": _samples,
}
"""By the name that pynvml gives them."""
