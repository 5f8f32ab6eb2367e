from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from llem_testing import FakeClock
from llem_testing.simulated_gpu import (
    SENSOR_CLASSES,
    EnergyCounter,
    Gpu,
    PiecewisePower,
    PowerSensor,
    Scenario,
    Sensors,
    SimulatedNvml,
    SquareWave,
    Truth,
)

SECOND = 10**9

powers = st.floats(0, 700, allow_subnormal=False)
profiles = st.lists(st.tuples(st.floats(0.001, 1.0), powers), min_size=1, max_size=6).map(
    lambda steps: _profile(steps)
)
timing = st.fixed_dictionaries(
    {
        "update_period_s": st.floats(0.01, 0.2),
        "gain": st.floats(0.5, 1.5),
        "offset_w": st.floats(-50, 50),
        "noise_w": st.floats(0, 60),
        "delay_s": st.floats(0, 0.3),
        "phase_s": st.floats(0, 0.009),
        "jitter_s": st.floats(0, 0.009),
    }
)


def _profile(steps: list[tuple[float, float]]) -> PiecewisePower:
    points, at_s = [(0.0, 100.0)], 0.0
    for width_s, power_w in steps:
        at_s += width_s
        points.append((at_s, power_w))
    return PiecewisePower(points=tuple(points))


def counter_mj(scenario: Scenario, instants: list[int]) -> list[int]:
    clock = FakeClock(monotonic_ns=scenario.start_ns)
    nvml = SimulatedNvml(scenario, clock.monotonic_ns)
    nvml.nvmlInit()
    handle = nvml.nvmlDeviceGetHandleByIndex(0)
    seen = []
    for instant in instants:
        clock.set_monotonic_ns(scenario.start_ns + instant)
        seen.append(nvml.nvmlDeviceGetTotalEnergyConsumption(handle))
    return seen


instants = st.lists(st.integers(0, 3 * SECOND), min_size=2, max_size=30).map(sorted)


class TestEnergyCounter:
    @given(profiles, timing, st.none() | st.floats(0, 0.3), instants)
    @settings(max_examples=60, deadline=None)
    def test_it_never_falls(
        self,
        power: PiecewisePower,
        how: dict[str, float],
        sampled_s: float | None,
        at: list[int],
    ) -> None:
        counter = EnergyCounter(sampled_s=sampled_s, **how)
        board = Gpu(uuid="GPU-a", power=power, sensors=Sensors(energy=counter))
        seen = counter_mj(Scenario(gpus=(board,)), at)
        assert seen == sorted(seen)

    @given(profiles, timing, instants, st.floats(0, 3))
    @settings(max_examples=60, deadline=None)
    def test_a_reload_of_the_driver_starts_it_at_0_and_nothing_else_lowers_it(
        self, power: PiecewisePower, how: dict[str, float], at: list[int], reload_s: float
    ) -> None:
        counter = EnergyCounter(energy_at_start_mj=10**9, **how)
        board = Gpu(uuid="GPU-a", power=power, sensors=Sensors(energy=counter))
        reload_ns = round(reload_s * SECOND)
        at = sorted([*at, reload_ns])
        seen = counter_mj(Scenario(gpus=(board,), driver_reloads_s=(reload_s,)), at)
        before = [mj for instant, mj in zip(at, seen, strict=True) if instant < reload_ns]
        after = [mj for instant, mj in zip(at, seen, strict=True) if instant >= reload_ns]
        assert before == sorted(before)
        assert all(mj >= 10**9 for mj in before)
        assert after == sorted(after)
        assert after[0] == 0

    @given(profiles, timing, instants, st.integers(0, 10**17))
    @settings(max_examples=40, deadline=None)
    def test_the_origin_of_the_clock_means_nothing(
        self, power: PiecewisePower, how: dict[str, float], at: list[int], origin_ns: int
    ) -> None:
        board = Gpu(uuid="GPU-a", power=power, sensors=Sensors(energy=EnergyCounter(**how)))
        here = counter_mj(Scenario(gpus=(board,)), at)
        assert counter_mj(Scenario(gpus=(board,), start_ns=origin_ns), at) == here

    def test_the_order_of_questions_means_nothing(self, gpu: Callable[..., Gpu]) -> None:
        board = gpu(
            sensors=SENSOR_CLASSES["noisy"],
            power=SquareWave(low_w=80.0, high_w=300.0, period_s=0.07),
        )
        nows = [7 * SECOND, 2 * SECOND, 9 * SECOND, 2 * SECOND + 1]
        now = [0]
        nvml = SimulatedNvml(Scenario(gpus=(board,)), lambda: now[0])
        nvml.nvmlInit()
        handle = nvml.nvmlDeviceGetHandleByIndex(0)
        shuffled = {}
        for now[0] in nows:
            shuffled[now[0]] = nvml.nvmlDeviceGetTotalEnergyConsumption(handle)
        in_order = counter_mj(Scenario(gpus=(board,)), sorted(nows))
        assert [shuffled[instant] for instant in sorted(nows)] == in_order

    @pytest.mark.parametrize("period_s", [0.02, 0.1])
    def test_without_errors_it_is_the_truth_at_its_last_update(
        self, period_s: float, gpu: Callable[..., Gpu]
    ) -> None:
        power = SquareWave(low_w=80.0, high_w=300.0, period_s=0.37, duty=0.2)
        sensors = Sensors(energy=EnergyCounter(update_period_s=period_s))
        scenario = Scenario(gpus=(gpu(power=power, sensors=sensors),))
        first, last = counter_mj(scenario, [0, 5 * SECOND + 1])
        assert (last - first) / 1e3 == Truth(scenario).energy_j("GPU-a", 0, 5 * SECOND)

    def test_sampling_a_load_in_step_with_it_deceives_it(self, gpu: Callable[..., Gpu]) -> None:
        """A quarter is seen of each 100 ms: here always the quarter of high power."""
        power = SquareWave(low_w=100.0, high_w=300.0, period_s=0.1, duty=0.25, phase_s=0.075)
        board = gpu(power=power, sensors=SENSOR_CLASSES["sampled_counter"])
        before, after = counter_mj(Scenario(gpus=(board,)), [0, 10 * SECOND])
        assert after - before == 3_000_000


class TestBoardsApart:
    def test_noise_differs_between_boards_sensors_and_seeds(self, gpu: Callable[..., Gpu]) -> None:
        noisy = PowerSensor(update_period_s=0.1, noise_w=5.0)
        sensors = Sensors(power_usage=noisy, power_instant=noisy)
        gpus = (
            gpu(sensors=sensors),
            gpu(sensors=sensors, uuid="GPU-b", pci_bus_id="00000000:02:00.0"),
        )
        seen = []
        for seed in (0, 1):
            nvml: Any = SimulatedNvml(Scenario(gpus=gpus, seed=seed), lambda: SECOND)
            nvml.nvmlInit()
            for index in (0, 1):
                handle = nvml.nvmlDeviceGetHandleByIndex(index)
                seen.append(nvml.nvmlDeviceGetPowerUsage(handle))
                seen.append(nvml.nvmlDeviceGetFieldValues(handle, [186])[0].value.uiVal)
        assert len(set(seen)) == 8

    def test_boards_may_be_out_of_step(self, gpu: Callable[..., Gpu]) -> None:
        early = Sensors(energy=EnergyCounter(update_period_s=0.1, phase_s=0.01))
        late = Sensors(energy=EnergyCounter(update_period_s=0.1, phase_s=0.06))
        gpus = (
            gpu(sensors=early),
            gpu(sensors=late, uuid="GPU-b", pci_bus_id="00000000:02:00.0"),
        )
        nvml = SimulatedNvml(Scenario(gpus=gpus), lambda: SECOND + 20_000_000)
        nvml.nvmlInit()
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in (0, 1)]
        # Ten and a bit updates of 100 ms at 100 W; the late board waits for its own.
        assert [nvml.nvmlDeviceGetTotalEnergyConsumption(h) for h in handles] == [110_000, 100_000]
