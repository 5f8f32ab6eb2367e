"""The order of the steps, and by which methodology a run is measured (CM-17, RES-03)."""

from typing import Any

from llem_harness import run
from llem_schema import WorkOrder

from .orders import changed


class TestBaseline:
    def test_it_is_over_before_the_model_loads(self, world: Any, order: WorkOrder) -> None:
        run(order, world.ports)
        steps = world.types()
        assert steps.index("phase_finished baseline") < steps.index("phase_started load")

    def test_it_lasts_as_long_as_asked_and_says_what_it_rests_on(
        self, world: Any, order: WorkOrder
    ) -> None:
        result = run(changed(order, baseline={"duration_seconds": 7.0}), world.ports)
        assert result.energy_breakdown is not None
        record = result.energy_breakdown.baseline
        assert record is not None
        assert (record.kind, record.source) == ("bare", "measured")
        assert (record.duration_s, record.power_w, record.std_w) == (7.0, 40.0, 0.0)
        assert record.samples == 71
        assert record.power_per_device_w == {"host": 40.0}
        assert result.started_at <= record.measured_at <= result.ended_at


class TestMethodology:
    def test_the_whole_window_counts_and_the_result_says_so(
        self, world: Any, order: WorkOrder
    ) -> None:
        result = run(order, world.ports)
        assert result.measurement_methodology == "total"
        assert result.steady_state_window is None
        assert "methodology is total" in result.not_measured["steady_state_window"].reason
