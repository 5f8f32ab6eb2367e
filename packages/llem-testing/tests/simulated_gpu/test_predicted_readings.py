"""Readings against the formulas of the package's text, evaluated here without its code.

The true power is laid out piece by piece and integrated in fractions; updates are found by
counting.
"""

import math
from fractions import Fraction
from hashlib import blake2b
from statistics import NormalDist
from typing import Any

import pytest
from llem_testing.simulated_gpu import (
    SENSOR_CLASSES,
    ConstantPower,
    EnergyCounter,
    Gpu,
    Phase,
    Phases,
    PiecewisePower,
    PowerProfile,
    PowerSensor,
    SampleBuffer,
    Scenario,
    Sensors,
    SimulatedNvml,
    SquareWave,
)
from llem_testing.simulated_gpu.sensor_models import Sensor

MS = 1_000_000
START_NS = 3_000_000_017
WALL_NS = 1_790_000_000_000_000_789
END_NS = 2_600 * MS
SEED = 11
UUID = "GPU-6f1c"

Piece = tuple[int, int, int, int]
"""Nanoseconds from and to, milliwatts at both ends."""


def square_pieces() -> list[Piece]:
    """100 W, and 300 W for 40 of every 130 ms from 20 ms on."""
    pieces = [(-9_000 * MS, 20 * MS, 100_000, 100_000)]
    for rise in range(20 * MS, END_NS, 130 * MS):
        fall = rise + 40 * MS
        pieces += [(rise, fall, 300_000, 300_000), (fall, rise + 130 * MS, 100_000, 100_000)]
    return pieces


def ramp_pieces() -> list[Piece]:
    """80 W, from 0.7 s on up to 407 W within 0.9 s, which then stays."""
    up, top = 700 * MS, 1_600 * MS
    rising = (up, top, 80_000, 407_000)
    return [(-9_000 * MS, up, 80_000, 80_000), rising, (top, 9_000 * MS, 407_000, 407_000)]


def burst_pieces() -> list[Piece]:
    """60 W, then 1 s of bursts that come in a sawtooth, then 333.333 W."""
    pieces = [(-9_000 * MS, 1_000 * MS, 60_000, 60_000)]
    for start in range(1_000 * MS, 2_000 * MS, 250 * MS):
        pieces += [(start, start + 70 * MS, 90_000, 500_000)]
        pieces += [(start + 70 * MS, start + 250 * MS, 70_000, 70_000)]
    return [*pieces, (2_000 * MS, 9_000 * MS, 333_333, 333_333)]


LOADS: dict[str, tuple[PowerProfile, list[Piece]]] = {
    "square": (
        SquareWave(low_w=100.0, high_w=300.0, period_s=0.13, duty=4 / 13, phase_s=0.02),
        square_pieces(),
    ),
    "ramp": (PiecewisePower(points=((0.0, 80.0), (0.7, 80.0), (1.6, 407.0))), ramp_pieces()),
    "bursts": (
        Phases(
            phases=(
                Phase(duration_s=1.0, power=ConstantPower(power_w=60.0)),
                Phase(
                    duration_s=1.0,
                    power=PiecewisePower(
                        points=((0.0, 90.0), (0.07, 500.0), (0.07, 70.0)), repeat_every_s=0.25
                    ),
                ),
            ),
            then=ConstantPower(power_w=333.333),
        ),
        burst_pieces(),
    ),
}

CRUEL = {
    "gain": 0.97,
    "offset_w": -2.25,
    "noise_w": 3.5,
    "delay_s": 0.0123,
    "jitter_s": 0.011,
    "phase_s": 0.031,
}
CLASSES = SENSOR_CLASSES | {
    "everything at once": Sensors(
        energy=EnergyCounter(
            update_period_s=0.1, sampled_s=0.025, energy_at_start_mj=123_456_789, **CRUEL
        ),
        power_usage=PowerSensor(update_period_s=0.1, averaging_window_s=0.0, **CRUEL),
        power_average=PowerSensor(update_period_s=0.05, averaging_window_s=0.4, **CRUEL),
        power_instant=PowerSensor(
            update_period_s=0.033, averaging_window_s=0.01, noise_shape="uniform", **CRUEL
        ),
        samples=SampleBuffer(update_period_s=0.04, averaging_window_s=0.02, capacity=9, **CRUEL),
    ),
    "steady clock, uniform noise": Sensors(
        energy=EnergyCounter(update_period_s=0.1, phase_s=0.06, noise_w=9.0, noise_shape="uniform"),
        power_instant=PowerSensor(update_period_s=0.1, delay_s=0.25),
    ),
}


def mean_mw(pieces: list[Piece], start: int, end: int) -> float:
    if start == end:
        ((t0, t1, p0, p1),) = [piece for piece in pieces if piece[0] <= end < piece[1]]
        return float(p0 + Fraction((p1 - p0) * (end - t0), t1 - t0))
    energy = Fraction(0)
    for t0, t1, p0, p1 in pieces:
        a, b = max(start, t0), min(end, t1)
        if a < b:
            slope = Fraction(p1 - p0, t1 - t0)
            energy += (b - a) * (p0 + slope * (Fraction(a + b, 2) - t0))
    return float(energy / (end - start))


class Predicted:
    """One sensor by the formulas."""

    def __init__(self, name: str, sensor: Sensor, pieces: list[Piece]) -> None:
        self.name, self.sensor, self.pieces = name, sensor, pieces

    def u(self, name: str, k: int) -> float:
        digest = blake2b(f"{SEED}/{UUID}/{name}/{k}".encode(), digest_size=8).digest()
        return (int.from_bytes(digest, "big") // 4096 + 0.5) / 2**52

    def t(self, k: int) -> int:
        period, phase = round(self.sensor.update_period_s * 1e9), round(self.sensor.phase_s * 1e9)
        jitter = round(self.sensor.jitter_s * 1e9)
        return phase + k * period + round(jitter * (self.u(f"{self.name}/jitter", k) - 0.5))

    def latest(self, now: int) -> int:
        k = -3
        while self.t(k + 1) <= now:
            k += 1
        return k

    def v(self, k: int, window: int) -> float:
        s = self.t(k) - round(self.sensor.delay_s * 1e9)
        u = self.u(self.name, k)
        z = math.sqrt(3) * (2 * u - 1)
        if self.sensor.noise_shape == "gaussian":
            z = NormalDist().inv_cdf(u)
        true = mean_mw(self.pieces, s - window, s)
        return self.sensor.gain * true + self.sensor.offset_w * 1e3 + self.sensor.noise_w * 1e3 * z

    def power_mw(self, k: int) -> int:
        assert isinstance(self.sensor, PowerSensor)
        return max(0, round(self.v(k, round(self.sensor.averaging_window_s * 1e9))))

    def energies_mj(self, instants: list[int]) -> list[int]:
        assert isinstance(self.sensor, EnergyCounter)
        sums = {-1: self.sensor.energy_at_start_mj * 10**9}
        for k in range(self.latest(END_NS) + 1):
            since = self.t(k) - self.t(k - 1)
            sampled = self.sensor.sampled_s
            window = since if sampled is None else round(sampled * 1e9)
            sums[k] = sums[k - 1] + max(0, round(since * self.v(k, window)))
        return [sums[max(self.latest(now), -1)] // 10**9 for now in instants]


INSTANTS = [0, 1, 59_999_999, 60 * MS, 100 * MS, 333_333_333, 999_999_999, 1_000_000_000]
INSTANTS += [1_234_567_891, 1_700 * MS, 2_005_000_001, 2_599_999_999]


@pytest.fixture(params=LOADS)
def load(request: pytest.FixtureRequest) -> tuple[PowerProfile, list[Piece]]:
    return LOADS[request.param]


class Asked:
    """The simulated driver at the instants, its clock told each time."""

    def __init__(self, profile: PowerProfile, sensors: Sensors) -> None:
        self._now = 0
        scenario = Scenario(
            gpus=(Gpu(uuid=UUID, power=profile, sensors=sensors),),
            seed=SEED,
            start_ns=START_NS,
            wall_start_ns=WALL_NS,
        )
        self.nvml = SimulatedNvml(scenario, lambda: START_NS + self._now)
        self.nvml.nvmlInit()
        self._handle = self.nvml.nvmlDeviceGetHandleByIndex(0)

    def call(self, function: str, now: int, *args: Any) -> Any:
        self._now = now
        return getattr(self.nvml, function)(self._handle, *args)

    def field(self, field_id: int, now: int) -> Any:
        (value,) = self.call("nvmlDeviceGetFieldValues", now, [field_id])
        assert value.nvmlReturn == 0
        return value.value


FIELDS = {"power_average": 185, "power_instant": 186}
POWER_SENSORS = ("power_usage", *FIELDS)


def having(*sensors: str) -> list[tuple[str, str]]:
    """Classes with the sensors that they have of these."""
    return [(name, s) for name, has in CLASSES.items() for s in sensors if getattr(has, s)]


def lacking(*sensors: str) -> list[tuple[str, str]]:
    return [(name, s) for name, has in CLASSES.items() for s in sensors if not getattr(has, s)]


class TestReadingsAsPredicted:
    @pytest.mark.parametrize(("name", "sensor"), having("energy"))
    def test_energy_counter(
        self, name: str, sensor: str, load: tuple[PowerProfile, list[Piece]]
    ) -> None:
        profile, pieces = load
        asked = Asked(profile, CLASSES[name])
        expected = Predicted(sensor, getattr(CLASSES[name], sensor), pieces).energies_mj(INSTANTS)
        called = [asked.call("nvmlDeviceGetTotalEnergyConsumption", now) for now in INSTANTS]
        assert called == expected
        assert [asked.field(83, now).ullVal for now in INSTANTS] == expected

    @pytest.mark.parametrize(("name", "sensor"), having(*POWER_SENSORS))
    def test_power(self, name: str, sensor: str, load: tuple[PowerProfile, list[Piece]]) -> None:
        profile, pieces = load
        asked = Asked(profile, CLASSES[name])
        predicted = Predicted(sensor, getattr(CLASSES[name], sensor), pieces)
        for now in INSTANTS:
            if sensor in FIELDS:
                seen = asked.field(FIELDS[sensor], now).uiVal
            else:
                seen = asked.call("nvmlDeviceGetPowerUsage", now)
            assert seen == predicted.power_mw(predicted.latest(now)), now

    @pytest.mark.parametrize(("name", "sensor"), having("samples"))
    def test_buffer_of_samples(
        self, name: str, sensor: str, load: tuple[PowerProfile, list[Piece]]
    ) -> None:
        profile, pieces = load
        buffer = getattr(CLASSES[name], sensor)
        asked = Asked(profile, CLASSES[name])
        predicted = Predicted(sensor, buffer, pieces)
        now = 1_234_567_891
        ticks = [k for k in range(predicted.latest(now) + 1) if predicted.t(k) >= 0]
        value_type, samples = asked.call("nvmlDeviceGetSamples", now, 0, 0)
        assert value_type == asked.nvml.NVML_VALUE_TYPE_UNSIGNED_INT
        assert [(s.timeStamp, s.sampleValue.uiVal) for s in samples] == [
            ((WALL_NS + predicted.t(k)) // 1000, predicted.power_mw(k))
            for k in ticks[-buffer.capacity :]
        ]


class TestUpdates:
    def test_an_early_or_late_update_comes_to_the_nanosecond(self) -> None:
        sensors = CLASSES["everything at once"]
        assert sensors.power_instant is not None
        profile, pieces = LOADS["square"]
        asked = Asked(profile, sensors)
        predicted = Predicted("power_instant", sensors.power_instant, pieces)
        for k in range(1, 20):
            at_ns = predicted.t(k)
            assert asked.field(186, at_ns - 1).uiVal == predicted.power_mw(k - 1)
            assert asked.field(186, at_ns).uiVal == predicted.power_mw(k)


class TestMissingSensors:
    @pytest.mark.parametrize(("name", "sensor"), lacking("energy", "power_usage", "samples"))
    def test_a_function_is_not_supported(self, name: str, sensor: str) -> None:
        asked = Asked(ConstantPower(power_w=1.0), CLASSES[name])
        function, *args = {
            "energy": ("nvmlDeviceGetTotalEnergyConsumption",),
            "power_usage": ("nvmlDeviceGetPowerUsage",),
            "samples": ("nvmlDeviceGetSamples", 0, 0),
        }[sensor]
        with pytest.raises(asked.nvml.NVMLError_NotSupported):
            asked.call(str(function), 0, *args)

    @pytest.mark.parametrize(("name", "sensor"), lacking("energy", *FIELDS))
    def test_a_field_says_so_in_its_own_return_code(self, name: str, sensor: str) -> None:
        asked = Asked(ConstantPower(power_w=1.0), CLASSES[name])
        fields = [({"energy": 83} | FIELDS)[sensor], 190]
        absent, present = asked.call("nvmlDeviceGetFieldValues", 0, fields)
        assert absent.nvmlReturn == asked.nvml.NVML_ERROR_NOT_SUPPORTED
        assert present.nvmlReturn == asked.nvml.NVML_SUCCESS
