"""Nones and reasons of a run belong to each other, whatever it is told to do and lacks (RES-10)."""

import os
from dataclasses import replace
from typing import Any

import pytest
from llem_harness import run
from llem_harness.environment import Sources
from llem_schema import ExperimentResult, WorkOrder, none_paths
from llem_testing import (
    SCRIPTED_METER,
    ScriptedDevices,
    ScriptedMeter,
    Watts,
    example_accelerator,
    example_host,
    meter_candidate,
)

from .machines import bare_machine
from .orders import changed, in_memory

ORDERS: dict[str, dict[str, Any]] = {
    "as-it-is": {},
    "cold-start": {"cold_start": True},
    "cold-and-separate": {"cold_start": True, "latency": "separate"},
    "separate-latency": {"latency": "separate"},
    "no-energy": {"energy": {"meter": "none"}},
    "no-baseline": {"baseline": {"enabled": False}},
    "no-phases": {"energy": {"meter": "scripted", "phases": False}},
    "plateau": {"warmup": {"n_warmup": 2, "thermal": "plateau"}},
    "floor": {"warmup": {"n_warmup": 2, "thermal": "floor", "thermal_floor_seconds": 30.0}},
    "converging": {
        "warmup": {"convergence_detection": True, "max_prompts": 6, "thermal": "off"},
    },
    "steady-state": {"methodology": "steady_state", "min_window_s": 12.0},
    "steady-without-sensor": {"methodology": "steady_state", "energy": {"meter": "none"}},
    "one-request": {"n": 1, "min_window_s": 0.0},
    "one-token": {"max_output_tokens": 1},
    "revision": {"revision": "main"},
    "natural": {"output_length": "natural"},
    "long-window": {"min_window_s": 12.0},
}
METERS: dict[str, dict[str, Any]] = {
    "exact": {},
    "uncertain": {"gain": 0.05, "edge_j": 1.0},
    "failing": {"failure": "the sensor fell off"},
    "without-series": {"series": False},
}


def gap_between(result: ExperimentResult) -> tuple[set[str], set[str]]:
    """Nones without a reason, and reasons of what is there."""
    nones, reasons = set(none_paths(result)), set(result.not_measured)
    return nones - reasons, reasons - nones


class TestOnTheHost:
    @pytest.mark.parametrize("case", ORDERS)
    def test_by_what_was_asked_for(self, make_world: Any, order: WorkOrder, case: str) -> None:
        world = make_world(step_s=0.02)
        result = run(changed(order, **ORDERS[case]), world.ports)
        assert gap_between(result) == (set(), set())

    @pytest.mark.parametrize("meter", METERS)
    def test_by_what_the_meter_tells(self, make_world: Any, order: WorkOrder, meter: str) -> None:
        world = make_world(step_s=0.02, meter_options=METERS[meter])
        assert gap_between(run(order, world.ports)) == (set(), set())

    def test_where_nothing_is_saved(self, world: Any, order: WorkOrder) -> None:
        assert gap_between(run(in_memory(order), world.ports)) == (set(), set())

    def test_on_this_machine_as_it_is(self, world: Any, order: WorkOrder) -> None:
        world.with_ports(sources=Sources(variables=os.environ))
        assert gap_between(run(order, world.ports)) == (set(), set())

    def test_in_a_job_in_a_container(self, world: Any, order: WorkOrder) -> None:
        variables = {"SLURM_JOB_ID": "1", "APPTAINER_CONTAINER": "/i.sif"}
        world.with_ports(sources=bare_machine(variables=variables))
        assert gap_between(run(order, world.ports)) == (set(), set())


class TestOnGpus:
    def result(self, make_world: Any, order: WorkOrder, *gpus: Any) -> ExperimentResult:
        uuids = [gpu.uuid for gpu in gpus]
        names = [f"cuda:{number}" for number in range(len(gpus))]
        world = make_world(logical_devices=names, uuids=uuids, step_s=0.02)
        watts = dict.fromkeys([*uuids, "host"], Watts(50.0, 300.0, temperature_c=60.0))
        meter = ScriptedMeter(world.clock, watts, world.load)
        host = replace(SCRIPTED_METER, name="of-hosts", device_kinds=frozenset({"host"}))
        world.with_ports(
            devices=ScriptedDevices([example_host(), *gpus]),
            meters=(meter_candidate(meter),),
            host_meters=(meter_candidate(meter, host),),
        )
        return run(order, world.ports)

    def test_that_tell_everything(self, make_world: Any, order: WorkOrder) -> None:
        gpus = (example_accelerator(0), example_accelerator(1))
        assert gap_between(self.result(make_world, order, *gpus)) == (set(), set())

    def test_that_tell_nothing(self, make_world: Any, order: WorkOrder) -> None:
        optional = [
            name
            for name, value in type(example_accelerator()).model_fields.items()
            if "None" in str(value.annotation)
        ]
        silent = example_accelerator(
            **dict.fromkeys(optional), unavailable=dict.fromkeys(optional, "not supported")
        )
        assert gap_between(self.result(make_world, order, silent)) == (set(), set())
