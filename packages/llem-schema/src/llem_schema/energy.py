"""Joules of a window, with what they rest on."""

from typing import Literal

from llem_schema.frozen import FrozenDict, FrozenList
from llem_schema.model import Model
from llem_schema.scalars import Moment
from llem_schema.throttling import ThrottlingSource

ENERGY_ESTIMATED = "energy_estimated"
"""Flag and warning of joules that no sensor has read. Whoever prints them says so beside them."""


class DeviceReading(Model):
    """Energy of one device over a window."""

    uuid: str
    energy_j: float | None
    method: str
    """Estimator that gave the figure, such as `counter_edges`."""
    scope: str
    """What the sensor covers: `gpu`, `module`, `host` ..."""
    mean_power_w: float | None
    peak_power_w: float | None
    terms: FrozenDict[str, float] = FrozenDict()
    """Error terms in joules, 1 sigma, by name; `gain` is common to all windows of a board."""
    flags: FrozenList[str] = ()
    reason: str | None = None
    """Why `energy_j` is None, or why this method was chosen."""
    alternatives_j: FrozenDict[str, float] = FrozenDict()
    """What other sensors of the device gave for the same window, by method."""
    parts_j: FrozenDict[str, float] = FrozenDict()
    """What `energy_j` is the sum of, where the device has counters of its parts."""
    throttled_s: FrozenDict[str, float] | None = None
    """Seconds of the window under each reason that slows a loaded device down; 0.0 for a reason
    that was looked for and did not hold."""
    throttled_source: ThrottlingSource | None = None
    throttled_resolution_s: float | None = None
    """What each of `throttled_s` may be off by; of `polled` ones the time between two looks."""
    throttled_reason: str | None = None
    """Why `throttled_s` is None."""


class EnergyReading(Model):
    """Energy of a window over the devices of a meter. `energy_j` is None where any is missing."""

    name: str
    start_ns: int
    """`time.monotonic_ns` when the window opened."""
    end_ns: int
    duration_s: float
    energy_j: float | None
    uncertainty_j: float | None
    """Expanded uncertainty, k = 2, all terms."""
    comparison_uncertainty_j: float | None
    """Expanded uncertainty, k = 2, without board gain: for comparisons on one board."""
    upper_bound_j: float | None = None
    """What a window too short to resolve cannot have exceeded."""
    mean_power_w: float | None
    peak_power_w: float | None
    method: str
    scope: str
    flags: FrozenList[str] = ()
    code: str | None = None
    """Stable code of why `energy_j` is None: `no_sensor`, `unresolved_window`, `sensor_failed`."""
    reason: str | None = None
    devices: FrozenList[DeviceReading]


class IdleReading(Model):
    """Power of idle devices."""

    duration_s: float
    power_w: float | None
    """Mean over the time, summed over the devices."""
    std_w: float | None
    """Standard deviation of the samples of the sum."""
    samples: int
    power_per_device_w: FrozenDict[str, float]
    effective_samples: float | None = None
    """So many independent samples would tell the mean as well."""
    standard_error_w: float | None = None
    """Of `power_w`."""
    drift_w: float | None = None
    """Change over the time, by a straight line through the samples."""
    temperature_c: float | None = None
    """Mean over time, of the hottest device."""
    performance_state: int | None = None
    """The fastest that any device was in; 0 is the fastest there is."""
    code: str | None = None
    reason: str | None = None


class BaselineRecord(Model):
    """An idle power of the devices, and where it came from."""

    kind: Literal["bare", "resident"]
    """`bare`: before the model was loaded; `resident`: loaded, with nothing running."""
    source: Literal["measured", "cache"]
    """`cache`: measured for an earlier run on the same devices, at `measured_at`."""
    power_w: float
    std_w: float | None
    standard_error_w: float | None
    """Of `power_w`, from the effective samples."""
    samples: int
    effective_samples: float | None
    drift_w: float | None
    """Change over the time watched."""
    temperature_c: float | None
    performance_state: int | None
    engine_context: bool
    """This process held the devices already when a `bare` power was read."""
    duration_s: float
    power_per_device_w: FrozenDict[str, float]
    measured_at: Moment


class PhaseEnergy(Model):
    """How the energy of prefill and of decoding were told apart: a window in which the same
    requests were answered with one token each, beside the measured one.

    `energy_prefill_j` is this window's energy times `scale`, and `energy_decode_j` what the
    measured window holds beyond it. So prefill reaches to the first token, and what a batch costs
    whatever its length (its ids on their way to the device, the engine's start) is in it.
    """

    method: Literal["prefill_window"]
    sensor_method: str
    """Estimator that gave this window's energy."""
    start_ns: int
    end_ns: int
    window_duration_s: float
    window_energy_j: float
    """Gross, of all its passes."""
    passes: int
    scale: float
    """Passes of the measured window by those of this one."""
    prefill_duration_s: float
    """`window_duration_s` times `scale`."""
    decode_duration_s: float
    """The rest of the measured window."""
    prefill_uncertainty_j: float | None
    """Expanded uncertainty of `energy_prefill_j`, k = 2, all terms."""
    prefill_comparison_uncertainty_j: float | None
    """The same without board gain."""
    decode_uncertainty_j: float | None
    """Expanded uncertainty of `energy_decode_j`, k = 2, all terms. A board's gain is common to both
    windows, so of it the difference counts; the other terms are independent."""
    decode_comparison_uncertainty_j: float | None
    """The same without board gain."""


class EnergyBreakdown(Model):
    """Gross energy, what the idle devices would have drawn, and the rest (RES-07)."""

    raw_j: float
    baseline_j: float | None
    """`baseline.power_w` times the window's duration."""
    adjusted_j: float | None
    """`raw_j - baseline_j`; not clamped, so noise around zero may make it negative."""
    baseline_share: float | None
    """`baseline_j / raw_j`."""
    baseline: BaselineRecord | None
    """The bare idle power: what `adjusted_j` subtracts."""
    adjusted_uncertainty_j: float | None
    """Expanded uncertainty of `adjusted_j`, k = 2, with that of the baseline."""
    resident: BaselineRecord | None
    """Idle power with the model loaded."""
    resident_share: float | None
    """What `resident` would remove, as a share of `raw_j`."""
    terms: FrozenDict[str, float]
    """Error terms of the window in joules, 1 sigma, by name."""
    phases: PhaseEnergy | None
    """What `energy_prefill_j` and `energy_decode_j` rest on."""


class HostRecord(Model):
    """How `energy_host_j` was read: beside the accelerators, or as that of a run on the CPU."""

    name: str
    """Of the meter."""
    version: str
    """Of the package that brings the meter."""
    method: str
    scope: str
    """What its sensors cover, such as `package+dram`."""
    uncertainty_j: float | None
    """Expanded uncertainty, k = 2, all terms."""
    comparison_uncertainty_j: float | None
    """Expanded uncertainty, k = 2, without gain: for comparisons on one machine."""
    parts_j: FrozenDict[str, float]
    """What `energy_host_j` is the sum of, by part: `package-0`, `dram-0` ..."""
    terms: FrozenDict[str, float]
    """Error terms in joules, 1 sigma, by name."""
    flags: FrozenList[str]


class MeterRecord(Model):
    """The meter that a run really used, and why."""

    name: str
    version: str
    """Of the package that brings the meter."""
    reason: str
    rejected: FrozenDict[str, str]
    """Meters that were passed over, with the reason."""
    method: str
    scope: str
    sample_period_s: float | None
    samples: int
    """Samples in the series over the window."""
    devices: FrozenList[str]
    flags: FrozenList[str]
    host: HostRecord | None
