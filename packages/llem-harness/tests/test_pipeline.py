"""The pipeline on doubles whose true joules are known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import (
    BackendError,
    ExperimentError,
    PreFlightError,
    Problem,
    RunHandle,
    RunSaved,
    StoreError,
    UnsavedResult,
)
from llem_harness import run
from llem_schema import (
    DeviceFacts,
    ExperimentResult,
    WorkOrder,
    measurement_config_hash,
    unexplained,
)
from llem_store import FolderStore, load_result
from llem_testing import SCRIPTED_METER, ScriptedDevices, example_accelerator, example_host

from .orders import changed, in_memory, only_folder


class TestEnergy:
    def test_it_is_what_the_meter_was_told(self, world: Any, order: WorkOrder) -> None:
        result = run(order, world.ports)
        true_j = world.meter.energy_j("host", result.window.start_ns, result.window.end_ns)
        assert result.energy_total_j == pytest.approx(true_j)
        assert result.energy_per_device_j == {"host": result.energy_total_j}
        assert result.baseline_power_w == pytest.approx(40.0)
        assert result.energy_adjusted_j == pytest.approx(true_j - 40.0 * result.window_duration_s)

    def test_the_window_holds_the_passes_and_nothing_else(
        self, world: Any, order: WorkOrder
    ) -> None:
        result = run(order, world.ports)
        busy_s = world.load.busy_ns(result.window.start_ns, result.window.end_ns) / 1e9
        assert busy_s == pytest.approx(result.window_duration_s)

    def test_a_failed_sensor_leaves_none_with_its_reason(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        result = run(order, make_world(meter_options={"failure": "the GPU was lost"}).ports)
        assert result.energy_total_j is None
        assert result.not_measured["energy_total_j"].reason == "the GPU was lost"
        assert result.not_measured["baseline_power_w"].code == "sensor_failed"
        assert result.timeseries is None
        assert load_result(only_folder(order)).timeseries() is None
        assert unexplained(result) == ()

    def test_a_meter_without_a_series_is_no_failed_sensor(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        result = run(order, make_world(meter_options={"series": False}).ports)
        assert result.energy_total_j is not None
        assert result.timeseries is None
        assert result.not_measured["timeseries"].code == "not_applicable"
        assert unexplained(result) == ()

    def test_without_a_sensor_nothing_is_waited_for(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        blind = replace(SCRIPTED_METER, senses=False)
        blind = replace(blind, automatic=True)
        world = make_world(descriptor=blind, meter_options={"failure": "no sensor"})
        settings = {"energy": {"meter": "auto"}, "warmup": {"n_warmup": 1, "thermal": "floor"}}
        result = run(changed(order, **settings), world.ports)
        assert "phase_skipped baseline" in world.types()
        assert "phase_skipped heat" in world.types()
        assert result.timeseries is None
        assert {w.code for w in result.measurement_warnings} >= {"no_sensor"}
        assert unexplained(result) == ()

    def test_a_meter_that_was_not_wanted_is_no_warning(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        blind = replace(SCRIPTED_METER, senses=False)
        world = make_world(descriptor=blind, meter_options={"failure": "no sensor"})
        result = run(order, world.ports)
        assert result.not_measured["energy_total_j"].code == "not_requested"
        assert "no_sensor" not in {w.code for w in result.measurement_warnings}


class TestWindow:
    def test_the_device_is_synchronised_on_both_sides(self, world: Any, order: WorkOrder) -> None:
        run(order, world.ports)
        calls = world.backend.calls
        start = len(calls) - 1 - calls[::-1].index("reset_peak_memory")
        end = calls.index("memory", start)
        inside = calls[start + 1 : end]
        assert inside[0] == "synchronize"
        assert inside[-1] == "synchronize"
        assert "generate" in inside

    def test_whole_passes_repeat_until_it_is_long_enough(
        self, world: Any, order: WorkOrder
    ) -> None:
        result = run(order, world.ports)
        assert result.passes > 1
        assert result.window_duration_s >= 1.0
        assert result.window_duration_s * (result.passes - 1) / result.passes < 1.0
        assert result.requests == result.passes * order.config.n
        assert result.output_tokens == result.requests * order.config.max_output_tokens

    def test_tokens_and_ratios_follow_from_the_requests(self, world: Any, order: WorkOrder) -> None:
        result = run(order, world.ports)
        assert result.input_tokens == result.passes * sum(range(1, order.config.n + 1))
        assert result.padded_tokens > 0
        assert result.output_tokens_per_s == result.output_tokens / result.window_duration_s
        assert result.flops is not None
        assert result.flops.flops_total == 2 * result.flops.parameters_non_embedding * (
            result.input_tokens + result.output_tokens
        )

    def test_a_natural_length_counts_what_came_after_the_end_apart(
        self, world: Any, order: WorkOrder
    ) -> None:
        result = run(changed(order, output_length="natural"), world.ports)
        assert result.discarded_tokens > 0

    def test_prompts_are_cut_where_the_config_says(self, world: Any, order: WorkOrder) -> None:
        result = run(changed(order, max_input_tokens=3), world.ports)
        assert result.prompts.input_tokens.maximum == 3
        assert result.prompts.truncated == order.config.n - 3

    def test_prompts_are_cut_to_the_models_positions_with_a_warning(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        room = order.config.max_output_tokens + 5
        result = run(order, make_world(max_sequence_tokens=room).ports)
        assert result.prompts.input_tokens.maximum == 5
        assert result.prompts.truncated == order.config.n - 5
        assert "prompts_truncated" in {w.code for w in result.measurement_warnings}

    def test_a_cut_that_was_asked_for_is_no_warning(self, world: Any, order: WorkOrder) -> None:
        result = run(changed(order, max_input_tokens=3), world.ports)
        assert "prompts_truncated" not in {w.code for w in result.measurement_warnings}


class TestWarmup:
    def test_it_runs_full_batches_that_count_nowhere(self, world: Any, order: WorkOrder) -> None:
        result = run(order, world.ports)
        assert result.warmup_result.iterations_completed == 2
        assert len(result.warmup_result.latencies_ms) == 2
        assert result.warmup_excluded_samples == 2 * world.backend.batch_size
        assert len(world.backend.batches[0]) == world.backend.batch_size

    def test_the_longest_prompts_come_first(self, world: Any, order: WorkOrder) -> None:
        run(order, world.ports)
        longest = max(len(r.token_ids) for batch in world.backend.batches for r in batch)
        assert max(len(r.token_ids) for r in world.backend.batches[0]) == longest

    def test_convergence_stops_when_latencies_agree(self, world: Any, order: WorkOrder) -> None:
        warmup = {"n_warmup": 1, "convergence_detection": True, "thermal": "off"}
        result = run(changed(order, warmup=warmup), world.ports)
        assert result.warmup_result.converged is True
        assert result.warmup_result.iterations_completed == 3
        assert result.warmup_result.target_cv == 0.05

    def test_no_warmup_at_all_is_possible(self, world: Any, order: WorkOrder) -> None:
        result = run(changed(order, warmup={"n_warmup": 0, "thermal": "off"}), world.ports)
        assert result.warmup_result.latencies_ms == ()
        assert unexplained(result) == ()


class TestResult:
    def test_every_field_is_set_and_every_none_explained(
        self, world: Any, order: WorkOrder
    ) -> None:
        result = run(order, world.ports)
        assert result.model_fields_set == set(ExperimentResult.model_fields)
        assert unexplained(result) == ()

    def test_the_hash_is_that_of_the_config(self, world: Any, order: WorkOrder) -> None:
        result = run(order, world.ports)
        assert result.measurement_config_hash == measurement_config_hash(order.config)

    def test_what_is_saved_is_what_is_returned(self, world: Any, order: WorkOrder) -> None:
        result = run(order, world.ports)
        stored = load_result(only_folder(order))
        assert stored.result == result
        series, requests = stored.timeseries(), stored.requests()
        assert series is not None
        assert requests is not None
        assert requests.num_rows == result.requests
        assert [e.path for e in world.events if isinstance(e, RunSaved)] == [str(stored.path)]

    def test_the_series_covers_baseline_and_window(self, world: Any, order: WorkOrder) -> None:
        result = run(order, world.ports)
        series = load_result(only_folder(order)).timeseries()
        assert series is not None
        times = [row["monotonic_ns"] for row in series.to_pylist()]
        assert times == sorted(set(times))
        assert min(times) < result.window.start_ns - 5_000_000_000 + 1_000_000_000
        inside = [t for t in times if result.window.start_ns <= t <= result.window.end_ns]
        assert len(inside) == result.meter.samples

    def test_a_meter_that_goes_on_while_it_is_saved_adds_nothing_more(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        # Every look at the clock takes a millisecond, so that samples arrive at any time.
        sampled = changed(order, energy={"meter": "scripted", "sample_period_s": 0.001})
        result = run(sampled, make_world(tick_ns=1_000_000).ports)
        stored = load_result(only_folder(order))
        assert stored.result == result
        assert not (stored.path / "partial.json").exists()

    def test_without_a_folder_nothing_is_written_and_the_result_says_so(
        self, world: Any, order: WorkOrder, tmp_path: Path
    ) -> None:
        result = run(in_memory(order), world.ports)
        assert not (tmp_path / "results").exists()
        assert result.timeseries is None
        assert result.not_measured["timeseries"].code == "not_saved"
        assert unexplained(result) == ()

    def test_a_short_window_and_dummy_weights_are_warned_of(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        codes = {
            w.code for w in run(order, make_world(dummy_weights=True).ports).measurement_warnings
        }
        assert codes >= {"short_window", "dummy_weights"}
        long = run(changed(order, min_window_s=10.0), make_world().ports)
        assert not {w.code for w in long.measurement_warnings} & {"short_window", "dummy_weights"}

    def test_a_large_baseline_is_warned_of(self, make_world: Any, order: WorkOrder) -> None:
        from llem_testing import Watts

        large = run(order, make_world(watts=Watts(idle=80.0, busy=100.0)).ports)
        assert "large_baseline" in {w.code for w in large.measurement_warnings}
        small = run(order, make_world(watts=Watts(idle=20.0, busy=100.0)).ports)
        assert "large_baseline" not in {w.code for w in small.measurement_warnings}

    def test_a_switched_off_baseline_says_so(self, world: Any, order: WorkOrder) -> None:
        result = run(changed(order, baseline={"enabled": False}), world.ports)
        assert result.baseline_power_w is None
        assert result.not_measured["energy_adjusted_j"].code == "not_requested"
        assert "baseline_missing" in {w.code for w in result.measurement_warnings}
        assert unexplained(result) == ()


class TestPreflight:
    def test_all_problems_come_in_one_report(self, make_world: Any, order: WorkOrder) -> None:
        def problem(code: str) -> Problem:
            return Problem(code=code, message=code, cure="mend it")

        world = make_world(
            plan_problems=[problem("model_not_found")],
            meter_options={"problems": [problem("no_permission")]},
        )
        prompts = type(world.ports.prompts)(problem("dataset_missing"))
        with pytest.raises(PreFlightError) as caught:
            run(order, world.with_ports(prompts=prompts).ports)
        assert {p.code for p in caught.value.problems} == {
            "model_not_found",
            "no_permission",
            "dataset_missing",
        }
        assert "load" not in world.backend.calls

    def test_what_does_not_block_becomes_a_warning_of_the_result(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        slow = Problem(code="slow", message="it is slow", cure="wait", blocking=False)
        result = run(order, make_world(plan_problems=[slow]).ports)
        assert "slow" in {w.code for w in result.measurement_warnings}

    def test_a_model_larger_than_the_free_memory_is_refused(
        self, world: Any, order: WorkOrder
    ) -> None:
        from llem_contracts import DeviceState

        full = DeviceState(1.0, 99.0, (), None, None)
        devices = ScriptedDevices([example_host()], states={"host": full})
        with pytest.raises(PreFlightError, match="MiB are free"):
            run(order, world.with_ports(devices=devices).ports)

    def test_a_device_that_is_not_there_is_a_problem(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        with pytest.raises(PreFlightError, match="cuda:0"):
            run(order, make_world(logical_devices=["cuda:0"]).ports)

    def test_nothing_is_written_before_it_passed(
        self, make_world: Any, order: WorkOrder, tmp_path: Path
    ) -> None:
        with pytest.raises(PreFlightError):
            run(order, make_world(logical_devices=["cuda:0"]).ports)
        assert not (tmp_path / "results").exists()


class TestFaults:
    def test_a_model_on_other_devices_than_the_meter_watches_is_an_error(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        gpu = example_accelerator()
        world = make_world(uuids=[gpu.uuid])
        world.with_ports(devices=ScriptedDevices([example_host(), gpu]))
        with pytest.raises(ExperimentError, match="but the meter watches"):
            run(order, world.ports)

    def test_a_model_on_a_slice_is_on_the_board_that_the_meter_watches(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        host = example_host()

        class WithSlice(ScriptedDevices):
            def facts(self, uuid: str) -> DeviceFacts:
                return super().facts(host.uuid if uuid == "MIG-1" else uuid)

        world = make_world(uuids=["MIG-1"])
        world.with_ports(devices=WithSlice([host]))
        assert run(order, world.ports).meter.devices == (host.uuid,)

    def test_a_failing_generation_keeps_the_series_as_a_partial_run(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = make_world(generate_errors={3: BackendError("out of memory")})
        with pytest.raises(BackendError, match="out of memory"):
            run(order, world.ports)
        folder = only_folder(order)
        assert (folder / "timeseries.parquet").exists()
        assert "out of memory" in (folder / "partial.json").read_text()
        assert world.backend.calls[-1] == "unload"
        assert world.meter.sessions[0].closed

    def test_an_interruption_goes_through_and_is_marked(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = make_world(generate_errors={3: KeyboardInterrupt()})
        with pytest.raises(KeyboardInterrupt):
            run(order, world.ports)
        assert "interrupted" in (only_folder(order) / "partial.json").read_text()
        assert "notice" in world.types()

    def test_a_load_that_fails_before_any_sample_leaves_no_folder(
        self, make_world: Any, order: WorkOrder, tmp_path: Path
    ) -> None:
        blind = replace(SCRIPTED_METER, senses=False)
        world = make_world(
            descriptor=blind,
            meter_options={"failure": "no sensor"},
            load_error=BackendError("corrupt shard"),
        )
        with pytest.raises(BackendError):
            run(order, world.ports)
        assert list((tmp_path / "results").iterdir()) == []


class FullDisk(FolderStore):
    """A store that cannot write results below one folder."""

    def __init__(self, full: Path) -> None:
        super().__init__()
        self._full = full

    def begin(self, order: WorkOrder) -> RunHandle:
        handle = super().begin(order)
        if self._full in handle.path.parents:

            def refuse(result: ExperimentResult) -> Any:
                raise StoreError("no space left on the device")

            handle.commit = refuse  # type: ignore[method-assign]
        return handle


class TestSaving:
    def test_what_cannot_be_saved_goes_to_a_folder_that_the_error_names(
        self, world: Any, order: WorkOrder, tmp_path: Path
    ) -> None:
        world.with_ports(store=FullDisk(tmp_path / "results"), fallback_dir=tmp_path / "kept")
        with pytest.raises(ExperimentError, match="no space left") as caught:
            run(order, world.ports)
        kept = Path(str(caught.value).rsplit(" is in ", 1)[1])
        stored = load_result(kept)
        series = stored.timeseries()
        assert kept.parent == tmp_path / "kept"
        assert stored.result.output_tokens > 0
        assert series is not None
        assert series.num_rows > 0

    def test_what_can_be_saved_nowhere_is_in_the_error(
        self, world: Any, order: WorkOrder, tmp_path: Path
    ) -> None:
        world.with_ports(store=FullDisk(tmp_path), fallback_dir=tmp_path / "kept")
        with pytest.raises(UnsavedResult, match=r"neither .*no space left .* nor ") as caught:
            run(order, world.ports)
        assert caught.value.result.output_tokens > 0
