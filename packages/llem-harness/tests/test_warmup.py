"""Warm-up until latencies agree, and what it leaves in the result (CM-23, CM-24)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import Any

import pytest
from llem_contracts import GeneratedRequest, GenerationRequest, PreFlightError
from llem_harness import run
from llem_schema import ExperimentConfig, WarmupResult, WorkOrder
from llem_testing import ScriptedBackend, ScriptedModel

from .orders import changed


class RestlessModel(ScriptedModel):
    """Takes a while more, now a short and now a long one."""

    def __init__(self, backend: "RestlessBackend", config: ExperimentConfig) -> None:
        super().__init__(backend, config)
        self._restless = backend

    def generate(
        self, requests: Sequence[GenerationRequest], progress: Any = None, **options: Any
    ) -> tuple[GeneratedRequest, ...]:
        self._restless.clock.sleep(next(self._restless.delays_s))
        return super().generate(requests, progress, **options)

    def synchronize(self) -> None:
        self._restless.clock.sleep(self._restless.settling_s)
        super().synchronize()


class RestlessBackend(ScriptedBackend):
    """Gives models whose calls take the given delays in turn, over and over again."""

    settling_s = 0.0
    """How long `synchronize` takes."""
    delays_s: Iterator[float] = cycle([0.0])

    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator[ScriptedModel]:
        with super().load(config):
            yield RestlessModel(self, config)


def warmed(
    world: Any, order: WorkOrder, delays_s: Sequence[float], settling_s: float = 0.0, **warmup: Any
) -> WarmupResult:
    backend = RestlessBackend(world.clock, world.load)
    backend.delays_s, backend.settling_s = cycle(delays_s), settling_s
    settings = {"thermal": "off", **warmup}
    return run(
        changed(order, warmup=settings), world.with_ports(backend=backend).ports
    ).warmup_result


class TestConvergence:
    def test_latencies_that_never_agree_end_at_the_most_runs(
        self, world: Any, order: WorkOrder
    ) -> None:
        result = warmed(
            world, order, [0.0, 1.0], n_warmup=1, convergence_detection=True, max_prompts=6
        )
        assert result.converged is False
        assert result.iterations_completed == len(result.latencies_ms) == 6
        assert result.final_cv is not None
        assert result.final_cv > 0.05

    def test_more_runs_than_the_most_are_refused(self, world: Any, order: WorkOrder) -> None:
        warmup = {"n_warmup": 21, "convergence_detection": True, "max_prompts": 20}
        with pytest.raises(PreFlightError, match="at least 21 runs") as caught:
            run(changed(order, warmup=warmup), world.ports)
        (problem,) = caught.value.problems
        assert problem.code == "protocol_conflict"
        cold = changed(order, warmup=warmup, cold_start=True)
        assert run(cold, world.ports).warmup_result.iterations_completed == 0
        alone = changed(order, warmup={**warmup, "convergence_detection": False, "thermal": "off"})
        assert run(alone, world.ports).warmup_result.iterations_completed == 21

    def test_it_goes_on_until_the_last_runs_agree(self, world: Any, order: WorkOrder) -> None:
        result = warmed(
            world, order, [4.0, 2.0, 1.0, 1.0, 1.0], n_warmup=1, convergence_detection=True
        )
        assert result.converged is True
        assert result.iterations_completed == 5
        assert result.final_cv == pytest.approx(0.0)

    def test_the_threshold_is_the_configs(self, world: Any, order: WorkOrder) -> None:
        result = warmed(
            world, order, [4.0, 2.0, 1.0], n_warmup=1, convergence_detection=True, cv_threshold=1.0
        )
        assert (result.converged, result.iterations_completed) == (True, 3)
        assert result.target_cv == 1.0

    def test_it_is_not_asked_for_by_default(self, world: Any, order: WorkOrder) -> None:
        result = warmed(world, order, [0.0, 1.0], n_warmup=4)
        assert result.iterations_completed == 4
        assert (result.converged, result.target_cv, result.max_prompts) == (None, None, None)


class TestRecord:
    def test_every_fact_of_the_warmup_is_in_the_result(self, world: Any, order: WorkOrder) -> None:
        result = warmed(world, order, [1.0], n_warmup=3, convergence_detection=True, max_prompts=9)
        # A batch of the scripted backend: 10 ms of prefill and four steps of 10 ms, after 1 s.
        assert result.latencies_ms == pytest.approx((1050.0,) * 3)
        assert result.duration_s == pytest.approx(3.15)
        assert result.max_prompts == 9
        assert result.target_cv == 0.05
        assert result.final_cv == pytest.approx(0.0)

    def test_a_run_is_timed_until_nothing_is_in_flight(self, world: Any, order: WorkOrder) -> None:
        result = warmed(world, order, [1.0], settling_s=0.25, n_warmup=2)
        assert result.latencies_ms == pytest.approx((1300.0,) * 2)

    def test_without_runs_it_is_skipped(self, world: Any, order: WorkOrder) -> None:
        result = warmed(world, order, [1.0], n_warmup=0)
        assert (result.iterations_completed, result.duration_s) == (0, 0.0)
        assert [told for told in world.types() if "warm-up" in told] == ["phase_skipped warm-up"]
