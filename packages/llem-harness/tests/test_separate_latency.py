"""Latencies in the window, or in a pass of their own."""

from typing import Any

import pytest
from llem_harness import run
from llem_schema import WorkOrder, unexplained
from llem_store import load_result

from .orders import changed, only_folder

STEP_S, STEP_TIME_S = 0.1, 0.025


@pytest.fixture
def costly(make_world: Any) -> Any:
    """A world in which the time of a step costs a quarter of the step."""
    return make_world(prefill_s=0.0, step_s=STEP_S, step_time_s=STEP_TIME_S)


@pytest.fixture
def separate(order: WorkOrder) -> WorkOrder:
    return changed(order, latency="separate")


class TestSeparate:
    def test_the_window_pays_for_no_times(self, costly: Any, separate: WorkOrder) -> None:
        result = run(separate, costly.ports)
        steps = result.output_tokens / costly.backend.batch_size
        assert result.window_duration_s == pytest.approx(steps * STEP_S)

    def test_latencies_come_from_a_pass_that_does_and_says_what_it_cost(
        self, costly: Any, separate: WorkOrder
    ) -> None:
        latency = run(separate, costly.ports).latency
        assert latency.mode == "separate"
        assert latency.ttft.mean_ms == pytest.approx(1000 * (STEP_S + STEP_TIME_S))
        assert latency.ttft.samples == separate.config.n
        assert latency.overhead_share == pytest.approx(STEP_TIME_S / STEP_S)

    def test_its_requests_are_kept_and_told_from_the_measured_ones(
        self, costly: Any, separate: WorkOrder
    ) -> None:
        result = run(separate, costly.ports)
        table = load_result(only_folder(separate)).requests()
        assert table is not None
        rows = table.to_pylist()
        measured = [row for row in rows if row["measured"]]
        timed = [row for row in rows if not row["measured"]]
        assert (len(measured), len(timed)) == (result.requests, separate.config.n)
        assert {row["first_token_ns"] for row in measured} == {None}
        assert [row["token_ns"] for row in measured] == [[]] * len(measured)
        assert {row["pass"] for row in timed} == {result.passes}
        assert {len(row["token_ns"]) for row in timed} == {separate.config.max_output_tokens}

    def test_every_none_is_explained(self, costly: Any, separate: WorkOrder) -> None:
        assert unexplained(run(separate, costly.ports)) == ()

    def test_the_notes_say_so(self, costly: Any, separate: WorkOrder) -> None:
        notes = "\n".join(run(separate, costly.ports).reproducibility_notes)
        assert "pass of its own" in notes


class TestInline:
    def test_the_window_has_the_times_and_there_is_no_other_pass(
        self, costly: Any, order: WorkOrder
    ) -> None:
        result = run(order, costly.ports)
        steps = result.output_tokens / costly.backend.batch_size
        assert result.window_duration_s == pytest.approx(steps * (STEP_S + STEP_TIME_S))
        assert result.latency.mode == "inline"
        assert result.latency.ttft.samples == result.requests
        assert result.not_measured["latency.overhead_share"].code == "not_requested"
        assert "phase_started latency" not in costly.types()
