"""`llem run --dry-run` says what would run, how much it takes, and what is in the way (CLI-07)."""

import json
from dataclasses import replace
from typing import Any

import llem
from llem_cli.dry_run import dry_run_lines
from llem_contracts import BackendPlan, MeterChoice, Problem
from llem_harness import TimeEstimate, TimePart
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
FOUND = llem.Inspection(
    plan=PLAN,
    devices=(example_host(),),
    visible=(example_host(),),
    meter=METER,
    memory=MemoryEstimate(
        weights_mib=1000.0, kv_cache_mib=200.0, activations_mib=30.0, total_mib=1230.0
    ),
    memory_input_tokens=512,
    time=TimeEstimate(
        (TimePart("baseline", 30.0), TimePart("window", 10.0)), ("loading", "warm-up")
    ),
    problems=(),
)
SLOW = Problem(code="slow", message="this is slow", cure="Wait.", blocking=False)
FULL = Problem(code="full", message="the disk is full", cure="Free it.")


def shown(found: llem.Inspection, **config: Any) -> list[str]:
    return list(dry_run_lines(example_order("out", **config), found, as_json=False))


def document(found: llem.Inspection, **config: Any) -> dict[str, Any]:
    (line,) = dry_run_lines(example_order("out", **config), found, as_json=True)
    answer: dict[str, Any] = json.loads(line)
    return answer


class TestText:
    def test_it_names_model_devices_meter_memory_time_and_folder(self) -> None:
        assert shown(FOUND)[:7] == [
            "builtin:tiny on pytorch, bf16, 8 prompts",
            "Devices       host",
            "Meter         scripted (asked for by name)",
            "Memory        at least 1,230 MiB: weights 1,000 MiB, keys and values 200 MiB, "
            "a step 30 MiB",
            "Time          at least 40 s: baseline 30 s, window 10 s",
            "              not counted: loading, warm-up",
            "Results       out",
        ]

    def test_what_is_in_the_way_stands_before_what_to_know(self) -> None:
        assert shown(replace(FOUND, problems=(SLOW, FULL)))[7:] == [
            "In the way",
            "  - the disk is full",
            "    Free it.",
            "To know",
            "  - this is slow",
            "    Wait.",
        ]

    def test_what_there_is_to_know_is_in_nobodys_way(self) -> None:
        assert shown(replace(FOUND, problems=(SLOW,)))[7:] == [
            "To know",
            "  - this is slow",
            "    Wait.",
            "Nothing is in the way.",
        ]
        assert shown(FOUND)[7:] == ["Nothing is in the way."]

    def test_unknown_memory_is_called_unknown(self) -> None:
        (line,) = [li for li in shown(replace(FOUND, memory=None)) if li.startswith("Memory")]
        assert "not known" in line

    def test_memory_without_prompts_says_that_they_are_not_in_it(self) -> None:
        open_lengths = shown(replace(FOUND, memory_input_tokens=None))
        after = open_lengths.index(next(li for li in open_lengths if li.startswith("Memory"))) + 1
        assert open_lengths[after].startswith("              not counted: the prompts")
        assert not any("the prompts" in line for line in shown(FOUND))
        unknown = shown(replace(FOUND, memory=None, memory_input_tokens=None))
        assert not any("the prompts" in line for line in unknown)

    def test_memory_that_is_known_in_part_has_the_parts_that_are(self) -> None:
        weights = MemoryEstimate(weights_mib=1000.0, kv_cache_mib=None, total_mib=1000.0)
        lines = shown(replace(FOUND, memory=weights))
        assert "Memory        at least 1,000 MiB: weights 1,000 MiB" in lines

    def test_memory_of_a_small_model_is_no_zero(self) -> None:
        small = MemoryEstimate(
            weights_mib=0.923, kv_cache_mib=0.125, activations_mib=0.0025, total_mib=1.0505
        )
        lines = shown(replace(FOUND, memory=small))
        assert (
            "Memory        at least 1.05 MiB: weights 0.923 MiB, keys and values 0.125 MiB, "
            "a step 0.0025 MiB"
        ) in lines

    def test_a_model_that_is_not_here_yet_has_its_download(self) -> None:
        away = replace(FOUND, plan=replace(PLAN, download_bytes=3 * 2**30))
        assert "Download      3,072 MiB" in shown(away)
        assert not any(line.startswith("Download") for line in shown(FOUND))


class TestJson:
    def test_it_holds_config_memory_time_and_problems(self) -> None:
        answer = document(replace(FOUND, problems=(FULL,)))
        assert answer["config"]["model"] == "builtin:tiny"
        assert answer["run_settings"]["results_dir"] == "out"
        assert answer["memory_estimate"]["total_mib"] == 1230.0
        assert answer["memory_input_tokens"] == 512
        assert answer["download_bytes"] == 0
        assert answer["time_at_least_s"] == 40.0
        assert answer["time_parts_s"] == {"baseline": 30.0, "window": 10.0}
        assert answer["time_not_counted"] == ["loading", "warm-up"]
        assert answer["problems"] == [
            {"code": "full", "message": "the disk is full", "cure": "Free it.", "blocking": True}
        ]
