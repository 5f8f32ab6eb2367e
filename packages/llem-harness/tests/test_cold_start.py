"""A run without warm-up, and the time from the load to the first token."""

from types import SimpleNamespace
from typing import Any

import pytest
from llem_contracts import GeneratedRequest
from llem_harness import run
from llem_harness.cold_start import cold_start_of
from llem_schema import WorkOrder, unexplained

from .orders import changed

LOAD_S, PREFILL_S, STEP_S = 3.0, 0.2, 0.1


@pytest.fixture
def slow(make_world: Any) -> Any:
    return make_world(load_s=LOAD_S, prefill_s=PREFILL_S, step_s=STEP_S)


@pytest.fixture
def cold(order: WorkOrder) -> WorkOrder:
    return changed(order, cold_start=True, warmup={"n_warmup": 3, "thermal": "plateau"})


class TestColdStart:
    def test_nothing_is_generated_before_the_window(self, slow: Any, cold: WorkOrder) -> None:
        result = run(cold, slow.ports)
        calls = slow.backend.calls
        assert calls.index("generate") > calls.index("reset_peak_memory")
        assert result.warmup_result.iterations_completed == result.warmup_excluded_samples == 0
        assert result.warmup_result.heat.mode == "off"

    def test_the_time_from_the_load_to_the_first_token_is_told(
        self, slow: Any, cold: WorkOrder
    ) -> None:
        result = run(cold, slow.ports)
        first = result.warmup_result.cold_start
        assert first is not None
        assert first.time_to_first_token_s == pytest.approx(LOAD_S + PREFILL_S + STEP_S)
        assert first.first_request_s == pytest.approx(
            PREFILL_S + cold.config.max_output_tokens * STEP_S
        )

    def test_the_request_is_the_one_that_was_computed_first(self, cold: WorkOrder) -> None:
        def request(index: int, start_s: int) -> GeneratedRequest:
            return GeneratedRequest(
                index=index,
                batch=1 - index,
                input_tokens=1,
                padded_tokens=0,
                output_tokens=2,
                discarded_tokens=0,
                start_ns=start_s * 10**9,
                token_ns=((start_s + 1) * 10**9, (start_s + 2 + index) * 10**9),
            )

        window = SimpleNamespace(passes=((request(0, 5), request(1, 0)),), step_times=True)
        first = cold_start_of(cold.config, LOAD_S, window)  # type: ignore[arg-type]
        assert first is not None
        assert (first.time_to_first_token_s, first.first_request_s) == (LOAD_S + 1, 3)

    def test_the_result_warns_of_it_and_explains_every_none(
        self, slow: Any, cold: WorkOrder
    ) -> None:
        result = run(cold, slow.ports)
        assert "cold_start" in {w.code for w in result.measurement_warnings}
        assert "`cold_start`" in result.not_measured["warmup_result.converged"].reason
        assert unexplained(result) == ()

    def test_without_times_of_steps_the_first_token_is_not_known(
        self, slow: Any, cold: WorkOrder
    ) -> None:
        result = run(changed(cold, latency="separate"), slow.ports)
        first = result.warmup_result.cold_start
        assert first is not None
        assert first.time_to_first_token_s is None
        assert unexplained(result) == ()

    def test_a_warm_run_has_none_of_it(self, slow: Any, order: WorkOrder) -> None:
        result = run(order, slow.ports)
        assert result.warmup_result.cold_start is None
        assert "cold_start" not in {w.code for w in result.measurement_warnings}
        assert result.warmup_result.iterations_completed == 2


class TestLoad:
    def test_its_time_is_in_every_result(self, slow: Any, order: WorkOrder) -> None:
        assert run(order, slow.ports).model.load_s == pytest.approx(LOAD_S)
