"""What pre-flight looks at, and what it leaves alone."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import DeviceProcess, DeviceState, PreFlightError, Problem
from llem_harness import check, inspect, run
from llem_harness.preflight.memory_checks import memory_estimate
from llem_schema import DeviceFacts, LoraConfig, WorkOrder
from llem_testing import (
    SCRIPTED_METER,
    ScriptedDevices,
    ScriptedMeter,
    Watts,
    example_accelerator,
    example_host,
    meter_candidate,
)

from .orders import changed

GPU = example_accelerator()
BLIND = replace(SCRIPTED_METER, senses=False)


def on_gpu(make_world: Any, gpu: DeviceFacts = GPU) -> Any:
    """A world whose backend plans `cuda:0`, with a meter that reads GPU and host alike."""
    world = make_world(logical_devices=["cuda:0"], uuids=[gpu.uuid])
    watts = Watts(idle=50.0, busy=300.0)
    meter = ScriptedMeter(world.clock, {gpu.uuid: watts, "host": watts}, world.load)
    return world.with_ports(
        devices=ScriptedDevices([example_host(), gpu]), meters=(meter_candidate(meter),)
    )


class TestPersistenceMode:
    def test_off_is_a_warning_with_the_command_that_turns_it_on(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = on_gpu(make_world, example_accelerator(persistence_mode=False))
        (problem,) = check(order, world.ports).warnings
        assert problem.code == "persistence_off"
        assert f"nvidia-smi -i {GPU.uuid} -pm 1" in problem.cure
        assert not problem.blocking

    def test_on_or_unknown_is_none(self, make_world: Any, order: WorkOrder) -> None:
        untold = example_accelerator(
            persistence_mode=None, unavailable={"persistence_mode": "not supported"}
        )
        for gpu in (GPU, untold):
            assert check(order, on_gpu(make_world, gpu).ports).warnings == ()

    def test_of_a_gpu_that_the_run_does_not_use_is_none(self, world: Any, order: WorkOrder) -> None:
        idle = example_accelerator(persistence_mode=False)
        world.with_ports(devices=ScriptedDevices([example_host(), idle]))
        assert check(order, world.ports).warnings == ()


class TestOtherProcesses:
    def warnings(
        self, make_world: Any, order: WorkOrder, *processes: DeviceProcess
    ) -> tuple[Problem, ...]:
        state = DeviceState(1e5, 0.0, processes, None, None)
        devices = ScriptedDevices([example_host(), GPU], {GPU.uuid: state})
        return check(order, on_gpu(make_world).with_ports(devices=devices).ports).warnings

    def test_on_the_gpu_are_a_warning_with_their_pids_and_memory(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        others = DeviceProcess(4321, 20480.0), DeviceProcess(17, None)
        (problem,) = self.warnings(make_world, order, *others)
        assert (problem.code, problem.blocking) == ("device_in_use", False)
        assert problem.message.endswith("pid 4321 with 20,480 MiB, pid 17")
        assert GPU.uuid in problem.message

    def test_this_one_is_none_of_them(self, make_world: Any, order: WorkOrder) -> None:
        assert self.warnings(make_world, order, DeviceProcess(os.getpid(), 500.0)) == ()

    def test_on_a_gpu_that_the_run_does_not_use_are_none(
        self, world: Any, order: WorkOrder
    ) -> None:
        state = DeviceState(1e5, 0.0, (DeviceProcess(17, None),), None, None)
        world.with_ports(devices=ScriptedDevices([example_host(), GPU], {GPU.uuid: state}))
        assert check(order, world.ports).warnings == ()


class TestPowerLimit:
    def codes(self, make_world: Any, order: WorkOrder, **watts: float | None) -> list[str]:
        gpu = example_accelerator(**watts)
        return [problem.code for problem in check(order, on_gpu(make_world, gpu).ports).warnings]

    def test_below_the_default_is_told_with_both_figures(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = on_gpu(make_world, example_accelerator(power_limit_w=450.0))
        (problem,) = check(order, world.ports).warnings
        assert (problem.code, problem.blocking) == ("power_limit_lowered", False)
        assert "450 W" in problem.message
        assert f"nvidia-smi -i {GPU.uuid} -pl 700" in problem.cure

    def test_at_the_default_above_it_or_unknown_is_none(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        for watts in (700.0, 699.8, 710.0, None):
            assert self.codes(make_world, order, power_limit_w=watts) == []
        assert self.codes(make_world, order, power_limit_default_w=None) == []


class TestGovernor:
    def codes(self, world: Any, order: WorkOrder, governor: str | None) -> list[str]:
        world.with_ports(devices=ScriptedDevices([example_host(governor=governor), GPU]))
        return [problem.code for problem in check(order, world.ports).warnings]

    def test_that_follows_the_load_is_a_warning_with_the_command_that_changes_it(
        self, world: Any, order: WorkOrder
    ) -> None:
        world.with_ports(devices=ScriptedDevices([example_host(governor="schedutil")]))
        (problem,) = check(order, world.ports).warnings
        assert (problem.code, problem.blocking) == ("cpu_governor", False)
        assert "schedutil" in problem.message
        assert "echo performance | sudo tee" in problem.cure

    def test_of_some_cores_is_one_too(self, world: Any, order: WorkOrder) -> None:
        assert self.codes(world, order, "performance, schedutil") == ["cpu_governor"]

    def test_that_holds_the_clocks_up_or_is_unknown_is_none(
        self, world: Any, order: WorkOrder
    ) -> None:
        assert self.codes(world, order, "performance") == []
        assert self.codes(world, order, None) == []

    def test_of_a_host_whose_gpu_computes_is_none(self, make_world: Any, order: WorkOrder) -> None:
        world = on_gpu(make_world)
        world.with_ports(devices=ScriptedDevices([example_host(governor="powersave"), GPU]))
        assert check(order, world.ports).warnings == ()


class TestCaches:
    def codes(self, world: Any, order: WorkOrder, folder: Path | None) -> list[str]:
        cache_dir = None if folder is None else str(folder)
        settings = order.settings.model_copy(update={"cache_dir": cache_dir})
        found = inspect(order.model_copy(update={"settings": settings}), world.ports)
        return [problem.code for problem in found.problems]

    def test_that_cannot_be_made_are_a_warning(
        self, world: Any, order: WorkOrder, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("")
        for folder in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / ("x" * 300)):
            assert self.codes(world, order, folder) == ["cache_not_writable"]

    def test_that_are_there_can_be_made_or_are_not_wanted_are_none(
        self, world: Any, order: WorkOrder, tmp_path: Path
    ) -> None:
        for folder in (tmp_path, tmp_path / "new" / "deep", None):
            assert self.codes(world, order, folder) == []
        assert list(tmp_path.iterdir()) == []


class TestReport:
    def test_holds_everything_that_is_wrong_what_blocks_before_the_rest(
        self, make_world: Any, order: WorkOrder, tmp_path: Path
    ) -> None:
        (tmp_path / "results").write_text("")
        gpu = example_accelerator(persistence_mode=False, power_limit_w=300.0)
        slow = Problem(code="slow", message="slow", cure="wait", blocking=False)
        gated = Problem(code="model_gated", message="gated", cure="ask")
        world = on_gpu(
            lambda **options: make_world(**options, plan_problems=[slow, gated, slow]), gpu
        )
        full = DeviceState(1.0, 0.0, (DeviceProcess(17, None),), None, None)
        world.with_ports(
            devices=ScriptedDevices([example_host(), gpu], {gpu.uuid: full}),
            prompts=type(world.ports.prompts)(
                Problem(code="dataset_not_found", message="no file", cure="look")
            ),
            meters=(),
        )
        found = inspect(order, world.ports).problems
        assert [(problem.code, problem.blocking) for problem in found] == [
            ("model_gated", True),
            ("no_meter", True),
            ("dataset_not_found", True),
            ("results_dir_not_a_folder", True),
            ("not_enough_memory", True),
            ("slow", False),
            ("persistence_off", False),
            ("power_limit_lowered", False),
            ("device_in_use", False),
        ]
        assert all(problem.cure for problem in found)
        with pytest.raises(PreFlightError) as caught:
            check(order, world.ports)
        assert (*caught.value.problems, *caught.value.warnings) == found
        assert not any(problem.blocking for problem in caught.value.warnings)


SMALL = DeviceState(
    free_memory_mib=1.0, used_memory_mib=None, processes=(), temperature_c=None, power_w=None
)


class TestMemoryOfTheHost:
    def test_that_a_control_group_limits_is_told_with_its_limit(
        self, world: Any, order: WorkOrder
    ) -> None:
        host = example_host(memory_limit_mib=256.0)
        world.with_ports(devices=ScriptedDevices([host], {"host": SMALL}))
        (problem,) = inspect(order, world.ports).problems
        assert problem.code == "not_enough_memory"
        assert "control groups allow 256 of the machine's 16,384 MiB" in problem.message

    def test_that_nothing_limits_is_not_spoken_of(self, world: Any, order: WorkOrder) -> None:
        world.with_ports(devices=ScriptedDevices([example_host()], {"host": SMALL}))
        (problem,) = inspect(order, world.ports).problems
        assert "control groups" not in problem.message


class TestMeter:
    def test_is_the_best_for_the_devices_that_the_backend_plans_to_use(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = on_gpu(make_world)
        (either,) = world.ports.meters
        gpus_alone = replace(
            SCRIPTED_METER,
            name="gpus",
            rank=10,
            device_kinds=frozenset({"accelerator"}),
        )
        candidates = (meter_candidate(either.create(), gpus_alone), either)
        auto = changed(order, energy={"meter": "auto"})

        def chosen(world: Any) -> str:
            return check(auto, world.with_ports(meters=candidates).ports).meter.name

        assert chosen(world) == "gpus"
        on_host = make_world().with_ports(devices=world.ports.devices)
        assert chosen(on_host) == "scripted"

    def test_stands_in_the_result_with_its_reason_and_those_passed_over(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = make_world(
            descriptor=replace(SCRIPTED_METER, automatic=True, senses=False),
            meter_options={"failure": "nothing is read"},
        )
        refusing = ScriptedMeter(
            world.clock,
            {"host": Watts(idle=1.0, busy=1.0)},
            problems=[Problem(code="in_use", message="reading is not allowed", cure="Ask.")],
        )
        best = meter_candidate(refusing, replace(SCRIPTED_METER, name="best", rank=1))
        world.with_ports(meters=(*world.ports.meters, best))
        result = run(changed(order, energy={"meter": "auto"}), world.ports)
        assert result.meter.name == "scripted"
        assert result.meter.rejected == {"best": "reading is not allowed"}
        assert result.meter.reason == "no sensor can be read: best: reading is not allowed"
        assert result.not_measured["energy_total_j"].reason == result.meter.reason
        assert result.timeseries is None
        assert result.not_measured["timeseries"].code == "no_sensor"


class TestFixedLength:
    """Prompts whose length the dataset fixes, on a model with 64 positions."""

    def inspected(self, make_world: Any, order: WorkOrder, **changes: Any) -> Any:
        dataset = {"source": "synthetic", "input_tokens": 40}
        ports = make_world(max_sequence_tokens=64).ports
        return inspect(changed(order, dataset=dataset, **changes), ports)

    def test_that_the_model_has_room_for_is_no_problem(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        found = self.inspected(make_world, order, max_output_tokens=24, max_input_tokens=40)
        assert "input_tokens_cut" not in [problem.code for problem in found.problems]

    @pytest.mark.parametrize(
        ("changes", "words", "cure"),
        [
            ({"max_output_tokens": 25}, "the 64 positions", "dataset.input_tokens to 39 or less"),
            ({"max_output_tokens": 64}, "the 64 positions", "Lower max_output_tokens."),
            ({"max_output_tokens": 4, "max_input_tokens": 39}, "max_input_tokens (39)", "Leave"),
        ],
        ids=["longer", "no-room", "cut"],
    )
    def test_that_would_be_cut_stops_the_run(
        self, make_world: Any, order: WorkOrder, changes: dict[str, int], words: str, cure: str
    ) -> None:
        found = self.inspected(make_world, order, **changes)
        (problem,) = [p for p in found.problems if p.code == "input_tokens_cut"]
        assert problem.blocking
        assert words in problem.message
        assert cure in problem.cure

    def test_is_what_memory_is_estimated_for(
        self, make_world: Any, world: Any, order: WorkOrder
    ) -> None:
        fixed = self.inspected(make_world, order, max_output_tokens=4).memory
        assert (
            fixed
            == inspect(changed(order, max_input_tokens=40, max_output_tokens=4), world.ports).memory
        )


class TestInspection:
    def test_loads_nothing_opens_no_meter_and_writes_nothing(
        self, world: Any, order: WorkOrder, tmp_path: Any
    ) -> None:
        found = inspect(order, world.ports)
        assert found.meter is not None
        assert world.backend.calls == ["plan"]
        assert world.meter.sessions == []
        assert list(tmp_path.iterdir()) == []

    def test_estimates_the_memory_for_the_lengths_asked_for(
        self, world: Any, order: WorkOrder
    ) -> None:
        short = inspect(changed(order, max_input_tokens=4), world.ports).memory
        long = inspect(changed(order, max_input_tokens=400), world.ports).memory
        assert short is not None
        assert long is not None
        assert short.weights_mib == long.weights_mib
        assert long.activations_mib > short.activations_mib  # type: ignore[operator]
        tokens = order.config.max_output_tokens
        assert long.kv_cache_mib / short.kv_cache_mib == (400 + tokens) / (4 + tokens)  # type: ignore[operator]

    def test_estimates_the_memory_of_the_bits_that_the_plan_quantises_to(
        self, world: Any, order: WorkOrder
    ) -> None:
        plan = world.backend.plan(order.config, ())
        whole, packed = (
            memory_estimate(order.config, replace(plan, weight_bits=bits), world.ports.flops)
            for bits in (None, 4)
        )
        assert packed.weights_mib < whole.weights_mib  # type: ignore[union-attr]
        assert packed.kv_cache_mib == whole.kv_cache_mib  # type: ignore[union-attr]

    def test_estimates_the_memory_of_an_assistant_with_that_of_the_model(
        self, world: Any, order: WorkOrder
    ) -> None:
        plan = world.backend.plan(order.config, ())
        drafted = replace(plan, assistant_shape=plan.shape)
        alone, both, copies = (
            memory_estimate(order.config, one, world.ports.flops)
            for one in (plan, drafted, replace(drafted, replicas=3, devices=("cuda:0",)))
        )
        assert alone is not None
        assert both is not None
        assert copies is not None
        assert both.weights_mib == 2 * alone.weights_mib
        assert both.kv_cache_mib == 2 * alone.kv_cache_mib  # type: ignore[operator]
        # one of the two computes at a time
        assert both.activations_mib == alone.activations_mib
        assert both.total_mib == pytest.approx(
            2 * alone.total_mib - alone.activations_mib  # type: ignore[operator]
        )
        assert copies.total_mib == pytest.approx(3 * both.total_mib)

    def test_tells_an_adapter_that_the_backend_cannot_load(
        self, world: Any, order: WorkOrder
    ) -> None:
        (problem,) = inspect(changed(order, lora=LoraConfig(path="here")), world.ports).problems
        assert (problem.code, problem.blocking) == ("not_supported", True)
        assert "lora" in problem.message

    def test_reckons_the_least_time_of_what_a_sensor_allows(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        sensing = inspect(order, make_world().ports).time
        blind = inspect(order, make_world(descriptor=BLIND).ports).time
        assert {part.name for part in blind.parts} == {"window"}
        assert {part.name for part in sensing.parts} > {"baseline", "window"}

    def test_knows_that_an_idle_power_was_kept(
        self, make_world: Any, order: WorkOrder, tmp_path: Path
    ) -> None:
        settings = order.settings.model_copy(update={"cache_dir": str(tmp_path / "cache")})
        order = order.model_copy(update={"settings": settings})
        world = make_world()

        def baseline_s() -> float:
            parts = inspect(order, world.ports).time.parts
            return next(part.at_least_s for part in parts if part.name == "baseline")

        assert baseline_s() == order.config.baseline.duration_seconds == 5.0
        run(order, world.ports)
        assert baseline_s() == 3.0
