"""Energy of prefill and of decoding, on doubles whose true joules are known (CM-17)."""

import math
from dataclasses import replace
from typing import Any

import pytest
from llem_contracts import PhaseSkipped
from llem_harness import run
from llem_schema import WorkOrder, unexplained
from llem_testing import SCRIPTED_METER, Watts

from .orders import changed

BUSY_W, BATCHES = 100.0, 2
PREFILL_S, STEP_S, TOKENS = 0.3, 0.05, 4
GAIN, EDGE_J = 0.03, 0.05


@pytest.fixture
def paced(make_world: Any) -> Any:
    return make_world(
        watts=Watts(idle=40.0, busy=BUSY_W),
        meter_options={"gain": GAIN, "edge_j": EDGE_J},
        prefill_s=PREFILL_S,
        step_s=STEP_S,
    )


@pytest.fixture
def split(order: WorkOrder) -> WorkOrder:
    """Two batches of four tokens each, ten seconds at least."""
    return changed(order, n=8, max_output_tokens=TOKENS, min_window_s=10.0)


class TestSplit:
    def test_prefill_reaches_to_the_first_token_and_decoding_is_the_rest(
        self, paced: Any, split: WorkOrder
    ) -> None:
        result = run(split, paced.ports)
        first_j = result.passes * BATCHES * (PREFILL_S + STEP_S) * BUSY_W
        later_j = result.passes * BATCHES * (TOKENS - 1) * STEP_S * BUSY_W
        assert result.energy_prefill_j == pytest.approx(first_j)
        assert result.energy_decode_j == pytest.approx(later_j)
        assert unexplained(result) == ()

    def test_its_window_lasts_as_long_as_the_measured_one_has_to(
        self, paced: Any, split: WorkOrder
    ) -> None:
        result = run(split, paced.ports)
        assert result.energy_breakdown is not None
        phases = result.energy_breakdown.phases
        assert phases is not None
        assert phases.start_ns >= result.window.end_ns
        assert 10.0 <= phases.window_duration_s < 10.0 + BATCHES * (PREFILL_S + STEP_S)
        assert phases.scale == result.passes / phases.passes
        assert phases.prefill_duration_s + phases.decode_duration_s == pytest.approx(
            result.window_duration_s
        )

    def test_nothing_of_it_is_in_the_measured_figures(self, paced: Any, split: WorkOrder) -> None:
        with_phases = run(split, paced.ports)
        assert with_phases.output_tokens == with_phases.passes * 8 * TOKENS
        assert with_phases.energy_total_j == pytest.approx(BUSY_W * with_phases.window_duration_s)

    def test_its_error_has_the_gain_of_the_difference_and_the_edges_of_both(
        self, paced: Any, split: WorkOrder
    ) -> None:
        result = run(split, paced.ports)
        assert result.energy_breakdown is not None
        assert result.energy_decode_j is not None
        phases = result.energy_breakdown.phases
        assert phases is not None
        edges_j = 2 * math.hypot(EDGE_J, phases.scale * EDGE_J)
        assert phases.decode_comparison_uncertainty_j == pytest.approx(edges_j)
        assert phases.decode_uncertainty_j == pytest.approx(
            math.hypot(edges_j, 2 * GAIN * result.energy_decode_j)
        )
        assert phases.prefill_comparison_uncertainty_j == pytest.approx(2 * phases.scale * EDGE_J)


class TestUnresolved:
    def test_a_figure_within_its_error_is_none_with_its_reason(
        self, make_world: Any, split: WorkOrder
    ) -> None:
        world = make_world(meter_options={"edge_j": 200.0}, prefill_s=PREFILL_S, step_s=STEP_S)
        result = run(split, world.ports)
        assert result.energy_decode_j is None
        assert result.not_measured["energy_decode_j"].code == "unresolved_phase"
        assert result.energy_prefill_j is not None
        assert unexplained(result) == ()

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"energy": {"meter": "scripted", "phases": False}}, "not_requested"),
            ({"max_output_tokens": 1}, "not_applicable"),
            ({"cold_start": True}, "not_applicable"),
        ],
    )
    def test_where_there_is_nothing_to_split_the_window_is_left_out(
        self, paced: Any, split: WorkOrder, fields: dict[str, Any], code: str
    ) -> None:
        result = run(changed(split, **fields), paced.ports)
        for path in ("energy_prefill_j", "energy_decode_j", "energy_breakdown.phases"):
            assert result.not_measured[path].code == code
        assert [e.phase for e in paced.events if isinstance(e, PhaseSkipped)][-1] == "prefill"
        assert unexplained(result) == ()

    def test_without_a_sensor_it_is_left_out_with_a_note(
        self, make_world: Any, split: WorkOrder
    ) -> None:
        blind = replace(SCRIPTED_METER, senses=False, automatic=True)
        world = make_world(descriptor=blind, meter_options={"failure": "no sensor"})
        result = run(changed(split, energy={"meter": "auto"}), world.ports)
        assert result.not_measured["energy_prefill_j"].code == "no_sensor"
        assert "phase_skipped prefill" in world.types()
        assert "phase_started prefill" not in world.types()
        assert unexplained(result) == ()

    def test_after_a_failed_sensor_no_time_is_spent_on_it(
        self, make_world: Any, split: WorkOrder
    ) -> None:
        world = make_world(meter_options={"failure": "the GPU was lost"})
        result = run(split, world.ports)
        assert result.not_measured["energy_decode_j"].reason == "the GPU was lost"
        assert "phase_started prefill" not in world.types()
        assert unexplained(result) == ()
