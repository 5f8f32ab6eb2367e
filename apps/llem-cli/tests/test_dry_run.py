"""`llem run --dry-run` says what would run, how much it takes, and what is in the way (CLI-07)."""

import json
from dataclasses import replace
from typing import Any

import llem
from llem_cli.dry_run import dry_run_lines
from llem_contracts import BackendPlan, MeterChoice, Problem
from llem_schema import FrozenDict, MemoryEstimate
from llem_testing import SCRIPTED_METER, example_host, example_order, example_shape

PLAN = BackendPlan(
    shape=example_shape(),
    devices=("cpu",),
    batch_size=4,
    effective_config=FrozenDict(),
    dummy_weights=True,
    problems=(),
)
METER = MeterChoice(
    name="scripted",
    version="0.1.0",
    descriptor=SCRIPTED_METER,
    meter=None,
    reason="asked for by name",
    rejected=FrozenDict(),
)
BLIND = replace(METER, descriptor=replace(SCRIPTED_METER, senses=False))
FOUND = llem.Inspection(
    plan=PLAN,
    devices=(example_host(),),
    visible=(example_host(),),
    meter=METER,
    memory=MemoryEstimate(weights_mib=1000.0, kv_cache_mib=200.0, total_mib=1200.0),
    problems=(),
)
SLOW = Problem(code="slow", message="this is slow", cure="Wait.", blocking=False)
FULL = Problem(code="full", message="the disk is full", cure="Free it.")
PROTOCOL: dict[str, Any] = {
    "min_window_s": 10.0,
    "baseline": {"duration_seconds": 30.0},
    "warmup": {"thermal": "floor", "thermal_floor_seconds": 60.0},
}


def shown(found: llem.Inspection, **config: Any) -> list[str]:
    return list(dry_run_lines(example_order("out", **config), found, as_json=False))


def document(found: llem.Inspection, **config: Any) -> dict[str, Any]:
    (line,) = dry_run_lines(example_order("out", **config), found, as_json=True)
    answer: dict[str, Any] = json.loads(line)
    return answer


class TestText:
    def test_it_names_model_devices_meter_memory_and_folder(self) -> None:
        assert shown(FOUND)[:6] == [
            "builtin:tiny on pytorch, bf16, 8 prompts",
            "Devices       host",
            "Meter         scripted (asked for by name)",
            "Memory        at least 1,200 MiB (1,000 MiB of weights)",
            "Time          at least 30 s, loading not counted",
            "Results       out",
        ]

    def test_what_is_in_the_way_stands_apart_from_what_to_know(self) -> None:
        lines = shown(replace(FOUND, problems=(FULL, SLOW)))
        to_know, in_the_way = lines.index("To know"), lines.index("In the way")
        assert lines[to_know + 1 : to_know + 3] == ["  - this is slow", "    Wait."]
        assert lines[in_the_way + 1 : in_the_way + 3] == ["  - the disk is full", "    Free it."]
        assert "Nothing is in the way." not in lines
        assert shown(FOUND)[-1] == "Nothing is in the way."

    def test_unknown_memory_is_called_unknown(self) -> None:
        (line,) = [li for li in shown(replace(FOUND, memory=None)) if li.startswith("Memory")]
        assert "not known" in line


class TestTime:
    def test_it_adds_up_window_baseline_and_floor(self) -> None:
        assert document(FOUND, **PROTOCOL)["time_at_least_s"] == 100.0

    def test_without_a_sensor_only_the_window_takes_time(self) -> None:
        assert document(replace(FOUND, meter=BLIND), **PROTOCOL)["time_at_least_s"] == 10.0

    def test_what_is_switched_off_takes_none(self) -> None:
        short = {"min_window_s": 10.0, "baseline": {"enabled": False}}
        assert document(FOUND, **short)["time_at_least_s"] == 10.0


class TestJson:
    def test_it_holds_config_memory_and_problems(self) -> None:
        answer = document(replace(FOUND, problems=(FULL,)))
        assert answer["config"]["model"] == "builtin:tiny"
        assert answer["run_settings"]["results_dir"] == "out"
        assert answer["memory_estimate"]["total_mib"] == 1200.0
        assert answer["problems"] == [
            {"code": "full", "message": "the disk is full", "cure": "Free it.", "blocking": True}
        ]
