"""What the figures of a run are of, and when that is a steady state (RES-03, RES-04)."""

from typing import Any

import pytest
from llem_contracts import PreFlightError, Sample
from llem_harness import run
from llem_harness.methodology import methodology_of
from llem_schema import EnergyReading, ExperimentResult, WorkOrder, unexplained
from llem_store import load_result
from llem_testing import Load, ScriptedMeter, Watts, example_config, meter_candidate

from .orders import changed, only_folder

SECOND = 1_000_000_000
ASKED = example_config(methodology="steady_state")


def read(seconds: float = 20.0) -> EnergyReading:
    return EnergyReading(
        name="measured",
        start_ns=100 * SECOND,
        end_ns=100 * SECOND + round(seconds * SECOND),
        duration_s=seconds,
        energy_j=1.0,
        uncertainty_j=None,
        comparison_uncertainty_j=None,
        mean_power_w=None,
        peak_power_w=None,
        method="counter_edges",
        scope="gpu",
        devices=(),
    )


def series(
    power_w: Any = lambda second: 300.0, temperature_c: Any = lambda second: 60.0
) -> list[Sample]:
    """Ten samples a second over the 20 s of the window."""
    return [
        Sample(
            monotonic_ns=100 * SECOND + tenth * SECOND // 10,
            device="GPU-a",
            power_w=power_w(tenth / 10),
            temperature_c=temperature_c(tenth / 10),
        )
        for tenth in range(201)
    ]


class TestMethodology:
    def test_is_total_where_nothing_else_was_asked_for(self) -> None:
        found = methodology_of(example_config(), read(), series())
        assert (found.name, found.steady) == ("total", None)
        assert found.missing["steady_state_window"].code == "not_applicable"

    def test_is_a_steady_state_where_power_and_temperature_show_it(self) -> None:
        found = methodology_of(
            ASKED, read(), series(lambda s: 300.0 + s / 10, lambda s: 60.0 + s / 10)
        )
        assert found.name == "steady_state"
        assert found.steady is not None
        assert (found.steady.start_ns, found.steady.end_ns) == (100 * SECOND, 120 * SECOND)
        # 1-s means that rise by 0.1 W each: their deviation is that of 20 whole numbers
        assert found.steady.power_cv == pytest.approx(0.1 * 5.916 / 301, rel=0.01)
        assert found.steady.temperature_drift_c == pytest.approx(1.98)
        assert found.missing == {}

    def test_without_temperatures_has_a_reason_for_theirs(self) -> None:
        found = methodology_of(ASKED, read(), series(temperature_c=lambda s: None))
        assert found.name == "steady_state"
        assert set(found.missing) == {"steady_state_window.temperature_drift_c"}

    @pytest.mark.parametrize(
        ("reading", "samples", "code", "reason"),
        [
            (read(9.9), series(), "too_few_samples", "shorter than 10 s"),
            (read(), [], "not_available", "no series"),
            (read(), series(lambda s: None if 4 < s < 7 else 300.0), "not_available", "every"),
            (read(), series(lambda s: 0.0), "not_available", "no series"),
            (read(), series(lambda s: 200.0 + 10 * s), "not_steady", "means of the power varied"),
            (read(), series(temperature_c=lambda s: 50 + s), "not_steady", "temperature changed"),
        ],
        ids=["short", "no-series", "gap", "no-power", "rising-power", "rising-temperature"],
    )
    def test_is_windowed_where_nothing_shows_a_steady_state(
        self, reading: EnergyReading, samples: list[Sample], code: str, reason: str
    ) -> None:
        found = methodology_of(ASKED, reading, samples)
        assert (found.name, found.steady) == ("windowed", None)
        why = found.missing["steady_state_window"]
        assert why.code == code
        assert reason in why.reason
        assert why.reason in found.note


class TestSteadyStateRun:
    @pytest.fixture
    def ran(self, make_world: Any, order: WorkOrder) -> tuple[Any, ExperimentResult]:
        world = make_world(step_s=0.05, prefill_s=0.1)
        asked = changed(order, methodology="steady_state", min_window_s=12.0)
        return world, run(asked, world.ports)

    def test_keeps_the_load_on_before_and_after_its_window(self, ran: Any) -> None:
        world, result = ran
        window = result.window
        pass_ns = (window.end_ns - window.start_ns) / result.passes
        for instant_ns in (window.start_ns - pass_ns / 2, window.end_ns + pass_ns / 2):
            assert world.load.is_busy(round(instant_ns))

    def test_counts_the_passes_of_the_window_alone(self, ran: Any) -> None:
        _, result = ran
        assert result.requests == result.passes * result.config.n
        assert result.window_duration_s == pytest.approx(12.0, abs=1.0)
        assert result.energy_total_j == pytest.approx(100.0 * result.window_duration_s)
        assert result.output_tokens_per_s == pytest.approx(
            result.output_tokens / result.window_duration_s
        )

    def test_says_so_and_by_how_much_it_was_steady(self, ran: Any) -> None:
        _, result = ran
        assert result.measurement_methodology == "steady_state"
        steady = result.steady_state_window
        assert steady is not None
        assert (steady.start_ns, steady.end_ns) == (result.window.start_ns, result.window.end_ns)
        assert steady.power_cv == pytest.approx(0.0)
        assert any("Methodology steady_state" in note for note in result.reproducibility_notes)
        assert "not_steady" not in {w.code for w in result.measurement_warnings}
        assert unexplained(result) == ()

    def test_saves_the_passes_around_it_as_not_measured(self, ran: Any, order: WorkOrder) -> None:
        _, result = ran
        table = load_result(only_folder(order)).requests()
        assert table is not None
        measured = {row["pass"]: row["measured"] for row in table.to_pylist()}
        last = result.passes + 1
        assert {number for number, counts in measured.items() if not counts} == {0, last}
        assert set(measured) == set(range(last + 1))

    def test_tells_its_progress_to_the_end(self, ran: Any) -> None:
        world, result = ran
        told = [e for e in world.events if getattr(e, "phase", "") == "measure"]
        done = [e.completed for e in told if hasattr(e, "completed")]
        assert done == sorted(done)
        assert done[-1] == (result.passes + 2) * result.config.n


class RestlessLoad(Load):
    """Three seconds of work, three of rest."""

    def is_busy(self, at_ns: int) -> bool:
        return at_ns // (3 * SECOND) % 2 == 0


class TestUnsteadyRun:
    def test_is_windowed_with_a_warning(self, make_world: Any, order: WorkOrder) -> None:
        world = make_world(step_s=0.05)
        restless = ScriptedMeter(world.clock, {"host": Watts(40.0, 100.0)}, RestlessLoad())
        world.with_ports(meters=(meter_candidate(restless),))
        asked = changed(order, methodology="steady_state", min_window_s=12.0)
        result = run(asked, world.ports)
        assert result.measurement_methodology == "windowed"
        assert result.steady_state_window is None
        assert result.not_measured["steady_state_window"].code == "not_steady"
        assert "not_steady" in {w.code for w in result.measurement_warnings}
        assert unexplained(result) == ()

    def test_without_a_series_is_windowed_for_want_of_it(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = make_world(meter_options={"series": False})
        result = run(changed(order, methodology="steady_state", min_window_s=12.0), world.ports)
        assert result.measurement_methodology == "windowed"
        assert result.not_measured["steady_state_window"].code == "not_available"
        assert unexplained(result) == ()


class TestColdStart:
    def test_and_a_steady_state_do_not_go_together(self, world: Any, order: WorkOrder) -> None:
        with pytest.raises(PreFlightError) as caught:
            run(changed(order, methodology="steady_state", cold_start=True), world.ports)
        (problem,) = caught.value.problems
        assert problem.code == "protocol_conflict"
        assert problem.cure == "Ask for one of them."
