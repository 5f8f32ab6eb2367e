"""A backend that computes with several copies of its model, each in a process of its own."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from llem_contracts import (
    BackendPlan,
    DeviceState,
    ExperimentError,
    GeneratedRequest,
    GenerationRequest,
    PreFlightError,
)
from llem_harness import check, inspect, run
from llem_schema import DeviceFacts, ExperimentConfig, WorkOrder
from llem_store import load_result
from llem_testing import ScriptedBackend, ScriptedDevices, ScriptedModel, example_accelerator

from .orders import changed, only_folder

GPUS = (example_accelerator(0), example_accelerator(1))
BATCH_S = (1.0, 5.0)
"""How long a batch takes in either process: they are unequal."""
Answers = tuple[GeneratedRequest, ...]


class PairedModel(ScriptedModel):
    """Two processes compute at once, one slower than the other."""

    def __init__(self, backend: "PairedBackend", config: ExperimentConfig) -> None:
        super().__init__(backend, config)
        self._pair = backend

    def generate(
        self, requests: Sequence[GenerationRequest], progress: Any = None, **options: Any
    ) -> Answers:
        pair, size = self._pair, self._pair.batch_size
        start_ns = pair.clock.monotonic_ns()
        free_ns = [start_ns, start_ns]
        tokens = self._config.max_output_tokens
        done: list[GeneratedRequest] = []
        for number, first in enumerate(range(0, len(requests), size)):
            process = number % 2
            begun_ns, step_ns = free_ns[process], round(BATCH_S[process] * 1e9) // tokens
            free_ns[process] += step_ns * tokens
            done += [
                GeneratedRequest(
                    index=request.index,
                    batch=number,
                    input_tokens=len(request.token_ids),
                    padded_tokens=0,
                    output_tokens=tokens,
                    discarded_tokens=0,
                    start_ns=begun_ns,
                    token_ns=tuple(begun_ns + step_ns * (step + 1) for step in range(tokens)),
                    process=process,
                )
                for request in requests[first : first + size]
            ]
        pair.clock.sleep((max(free_ns) - start_ns) / 1e9)
        return pair.spoil(tuple(done))


class PairedBackend(ScriptedBackend):
    """Gives such models. `spoil` has the last word on the answers of a call."""

    spoil: Callable[[Answers], Answers] = staticmethod(lambda answers: answers)

    def plan(self, config: ExperimentConfig, devices: Sequence[DeviceFacts]) -> BackendPlan:
        return replace(super().plan(config, devices), replicas=2)

    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator[ScriptedModel]:
        with super().load(config):
            yield PairedModel(self, config)


@pytest.fixture
def paired(world: Any) -> Any:
    """A world with two processes that take their prompts one by one."""
    return world.with_ports(backend=PairedBackend(world.clock, world.load, batch_size=1))


@pytest.fixture
def brief(order: WorkOrder) -> WorkOrder:
    """Three prompts of one pass, two for the first process and one for the second."""
    return changed(order, n=3, min_window_s=0.0, warmup={"n_warmup": 0, "thermal": "off"})


class TestStatistics:
    def test_percentiles_are_of_all_requests_and_not_of_the_processes(
        self, paired: Any, brief: WorkOrder
    ) -> None:
        result = run(brief, paired.ports)
        raw_ms = [1000.0, 1000.0, 5000.0]
        of_processes = statistics.fmean([statistics.fmean(raw_ms[:2]), raw_ms[2]])
        assert result.latency.e2e.samples == 3
        assert result.latency.e2e.p50_ms == pytest.approx(1000.0)
        assert result.latency.e2e.mean_ms == pytest.approx(statistics.fmean(raw_ms))
        assert result.latency.e2e.mean_ms != pytest.approx(of_processes)

    def test_throughput_is_of_the_whole_window_and_no_sum_of_rates(
        self, paired: Any, brief: WorkOrder
    ) -> None:
        result = run(brief, paired.ports)
        tokens = brief.config.max_output_tokens
        of_processes = 2 * tokens / 2.0 + tokens / 5.0
        assert result.window_duration_s == pytest.approx(5.0)
        assert result.output_tokens_per_s == pytest.approx(3 * tokens / 5.0)
        assert result.output_tokens_per_s < of_processes

    def test_the_notes_say_how_many_processes_there_were(
        self, world: Any, paired: Any, brief: WorkOrder
    ) -> None:
        note = "Computed by 2 copies of the model, each in a process of its own."
        assert note in run(brief, paired.ports).reproducibility_notes
        alone = world.with_ports(backend=ScriptedBackend(world.clock, world.load))
        assert note not in run(brief, alone.ports).reproducibility_notes

    def test_each_request_says_which_process_computed_it(
        self, paired: Any, brief: WorkOrder
    ) -> None:
        run(brief, paired.ports)
        table = load_result(only_folder(brief)).requests()
        assert table is not None
        assert [(row["request"], row["process"]) for row in table.to_pylist()] == [
            (0, 0),
            (1, 1),
            (2, 0),
        ]


class TestCompleteness:
    def spoiled(self, paired: Any, order: WorkOrder, spoil: Callable[[Answers], Answers]) -> str:
        paired.ports.backend.spoil = spoil
        with pytest.raises(ExperimentError) as caught:
            run(order, paired.ports)
        assert caught.value.cure
        return str(caught.value)

    def test_a_request_without_an_answer_fails_the_run(self, paired: Any, brief: WorkOrder) -> None:
        message = self.spoiled(paired, brief, lambda answers: (answers[0], answers[2]))
        assert message == "pass 0 is incomplete: unanswered are the requests 1"

    def test_a_request_that_is_answered_twice_fails_it_and_names_the_processes(
        self, paired: Any, brief: WorkOrder
    ) -> None:
        message = self.spoiled(paired, brief, lambda answers: (*answers, answers[1]))
        assert message == (
            "pass 0 is incomplete: answered more than once, by process 1 are the requests 1"
        )

    def test_many_are_named_in_part(self, paired: Any, brief: WorkOrder) -> None:
        message = self.spoiled(paired, changed(brief, n=12), lambda answers: answers[:1])
        assert message.endswith("the requests 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 1 more")

    @pytest.mark.parametrize("latency", ["inline", "separate"])
    def test_windows_beside_the_measured_one_are_looked_at_too(
        self, paired: Any, brief: WorkOrder, latency: str
    ) -> None:
        calls = []

        def second_call_loses_one(answers: Answers) -> Answers:
            calls.append(answers)
            return answers[1:] if len(calls) == 2 else answers

        energy = {"meter": "scripted", "phases": latency == "inline"}
        order = changed(brief, latency=latency, energy=energy)
        assert "the requests 0" in self.spoiled(paired, order, second_call_loses_one)
        assert len(calls) == 2


class TestWarmup:
    def test_a_run_is_a_batch_of_each_process(self, paired: Any, brief: WorkOrder) -> None:
        warmup = {"n_warmup": 3, "thermal": "off"}
        result = run(changed(brief, warmup=warmup), paired.ports)
        assert result.warmup_result.iterations_completed == 3
        assert result.warmup_excluded_samples == 3 * 2 * paired.ports.backend.batch_size


class TestMemory:
    def problems(self, paired: Any, order: WorkOrder, free_mib: Sequence[float]) -> list[str]:
        backend = PairedBackend(
            paired.clock, logical_devices=["cuda:0", "cuda:1"], uuids=[gpu.uuid for gpu in GPUS]
        )
        states = {
            gpu.uuid: DeviceState(mib, 0.0, (), None, None)
            for gpu, mib in zip(GPUS, free_mib, strict=True)
        }
        paired.with_ports(
            backend=backend,
            devices=ScriptedDevices([*paired.ports.devices.visible(), *GPUS], states),
        )
        try:
            check(order, paired.ports)
        except PreFlightError as error:
            return [p.message for p in error.problems if p.code == "not_enough_memory"]
        return []

    @pytest.mark.parametrize(
        ("device", "weights"), [("cpu", 1), ("cuda:0", 2)], ids=["cpu", "cuda"]
    )
    def test_the_estimate_is_of_all_copies_which_may_share_their_weights_on_the_cpu(
        self, world: Any, order: WorkOrder, device: str, weights: int
    ) -> None:
        def estimate(kind: type[ScriptedBackend]) -> Any:
            backend = kind(world.clock, batch_size=1, logical_devices=[device])
            return inspect(order, world.with_ports(backend=backend).ports).memory

        one, both = estimate(ScriptedBackend), estimate(PairedBackend)
        assert both.weights_mib == pytest.approx(weights * one.weights_mib)
        assert both.kv_cache_mib == pytest.approx(2 * one.kv_cache_mib)
        assert both.total_mib == pytest.approx(
            weights * one.weights_mib + 2 * (one.total_mib - one.weights_mib)
        )

    def test_the_fullest_device_decides(self, paired: Any, brief: WorkOrder) -> None:
        (message,) = self.problems(paired, brief, [80_000.0, 1.0])
        assert "2 copies" in message
        assert message.endswith(f"1 MiB are free on {GPUS[1].uuid}")

    def test_what_fits_on_each_device_is_no_problem(self, paired: Any, brief: WorkOrder) -> None:
        assert self.problems(paired, brief, [80_000.0, 80_000.0]) == []
