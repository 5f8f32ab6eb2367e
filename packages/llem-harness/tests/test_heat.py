"""When devices count as steady, and how a run brings them there (CM-22)."""

from typing import Any

import pytest
from llem_contracts import PhaseFinished, Sample
from llem_harness import run
from llem_harness.heat import LOOK_BACK_S, is_steady
from llem_schema import WorkOrder

from .orders import changed

S = 1_000_000_000
NOW = 100 * S


def series(
    power: list[float], temperature: list[float] | None = None, device: str = "GPU-a"
) -> list[Sample]:
    """Four samples a second over the look-back, oldest first."""
    samples = []
    for second, watts in enumerate(power):
        for quarter in range(4):
            age_ns = (len(power) - second) * S - quarter * S // 4 - 1
            samples.append(
                Sample(
                    monotonic_ns=NOW - age_ns,
                    device=device,
                    power_w=watts,
                    temperature_c=temperature[second] if temperature else None,
                )
            )
    return samples


class TestIsSteady:
    def test_constant_power_is_steady(self) -> None:
        assert is_steady(series([300.0] * LOOK_BACK_S), NOW)

    def test_power_that_still_climbs_is_not(self) -> None:
        assert not is_steady(series([200.0 + 20 * k for k in range(LOOK_BACK_S)]), NOW)

    def test_a_temperature_that_still_climbs_is_not(self) -> None:
        temperature = [60.0 + 0.3 * k for k in range(LOOK_BACK_S)]
        assert not is_steady(series([300.0] * LOOK_BACK_S, temperature), NOW)
        assert is_steady(series([300.0] * LOOK_BACK_S, [61.0] * LOOK_BACK_S), NOW)

    def test_a_second_without_a_sample_proves_nothing(self) -> None:
        whole = series([300.0] * LOOK_BACK_S)
        gap = [s for s in whole if not 4 * S <= NOW - s.monotonic_ns < 5 * S]
        assert len(gap) < len(whole)
        assert not is_steady(gap, NOW)

    def test_too_short_a_series_proves_nothing(self) -> None:
        assert not is_steady(series([300.0] * (LOOK_BACK_S - 2)), NOW)
        assert not is_steady([], NOW)

    def test_one_restless_device_among_two_shows_in_the_sum(self) -> None:
        restless = [100.0 if k % 2 else 300.0 for k in range(LOOK_BACK_S)]
        samples = series([300.0] * LOOK_BACK_S) + series(restless, device="GPU-b")
        assert not is_steady(samples, NOW)


class TestHeatOfARun:
    def test_the_plateau_is_reached_under_load(self, world: Any, order: WorkOrder) -> None:
        result = run(changed(order, warmup={"n_warmup": 1, "thermal": "plateau"}), world.ports)
        heat = result.warmup_result.heat
        assert heat.settled is True
        assert 10.0 <= heat.duration_s < 15.0
        start_ns = result.window.start_ns
        busy_s = world.load.busy_ns(start_ns - round(heat.duration_s * 1e9), start_ns) / 1e9
        assert busy_s == pytest.approx(heat.duration_s)

    def test_a_meter_without_a_series_shows_no_plateau(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = make_world(meter_options={"series": False})
        result = run(changed(order, warmup={"n_warmup": 1, "thermal": "plateau"}), world.ports)
        heat = result.warmup_result.heat
        assert heat.settled is None
        assert "keeps no series" in heat.note
        assert heat.duration_s >= 60.0
        assert "not_settled" not in {w.code for w in result.measurement_warnings}

    def test_a_device_that_never_settles_ends_at_the_limit_with_a_warning(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = make_world(meter_options={"failure": "lost"})
        result = run(changed(order, warmup={"n_warmup": 1, "thermal": "plateau"}), world.ports)
        assert result.warmup_result.heat.settled is False
        assert result.warmup_result.heat.duration_s >= 60.0
        assert "not_settled" in {w.code for w in result.measurement_warnings}

    def test_the_floor_waits_without_load(self, world: Any, order: WorkOrder) -> None:
        result = run(changed(order, warmup={"n_warmup": 0, "thermal": "floor"}), world.ports)
        heat = result.warmup_result.heat
        assert (heat.mode, heat.settled, heat.duration_s) == ("floor", None, 60.0)
        (phase,) = [e for e in world.events if isinstance(e, PhaseFinished) and e.phase == "heat"]
        assert phase.duration_s == 60.0
        start_ns = result.window.start_ns
        assert world.load.busy_ns(start_ns - 60 * S, start_ns) == 0

    def test_switched_off_it_is_measured_at_once(self, world: Any, order: WorkOrder) -> None:
        at_once = changed(
            order,
            warmup={"n_warmup": 0, "thermal": "off"},
            energy={"meter": "scripted", "phases": False},
        )
        result = run(at_once, world.ports)
        heat = result.warmup_result.heat
        assert (heat.mode, heat.settled, heat.duration_s) == ("off", None, 0.0)
        assert "phase_skipped heat" in world.types()
        assert world.backend.calls.count("generate") == result.passes
