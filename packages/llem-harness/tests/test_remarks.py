"""Each warning has a run that provokes it and one that does not (RES-08, RES-10)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import pytest
from llem_contracts import GeneratedRequest, MeterChoice, Problem
from llem_harness.methodology import Methodology
from llem_harness.remarks import notes_of, warnings_of
from llem_harness.warmup import Warmup
from llem_schema import (
    ENERGY_ESTIMATED,
    PROBLEM_CODES,
    WARNING_CODES,
    DeviceReading,
    EnergyBreakdown,
    EnergyReading,
    FrozenDict,
    HeatRecord,
    NotMeasured,
    PromptProvenance,
    PromptsRecord,
    ThrottlingRecord,
    TokenLengths,
)
from llem_testing import SCRIPTED_METER, example_baseline, example_config

NO_SENSOR = NotMeasured(code="no_sensor", reason="there is no driver")
NOT_WANTED = NotMeasured(code="not_requested", reason="no meter was asked for")
THREE_IN_TWO = GeneratedRequest(
    index=0,
    batch=0,
    input_tokens=1,
    padded_tokens=0,
    output_tokens=3,
    discarded_tokens=0,
    start_ns=0,
    token_ns=(10, 20, 20),
)
TOTAL = Methodology("total", None, {}, "Methodology total: all counts.")
UNSTEADY = Methodology(
    "windowed",
    None,
    {"steady_state_window": NotMeasured(code="not_steady", reason="power varied by 9.0%")},
    "Methodology windowed: no steady state.",
)
UNSEEN = Methodology(
    "windowed",
    None,
    {"steady_state_window": NotMeasured(code="not_available", reason="no series")},
    "Methodology windowed: nothing is known.",
)
WARM = Warmup(True, 0.02, (10.0, 10.1, 10.0), 24, 0.03)
STEADY = HeatRecord(mode="plateau", settled=True, duration_s=12.0, note="steady")


def reading(
    duration_s: float = 12.0,
    energy_j: float | None = 1200.0,
    flags: Sequence[str] = (),
    code: str = "counter_reset",
) -> EnergyReading:
    return EnergyReading(
        name="measured",
        start_ns=0,
        end_ns=round(duration_s * 1e9),
        duration_s=duration_s,
        energy_j=energy_j,
        uncertainty_j=None,
        comparison_uncertainty_j=None,
        mean_power_w=None,
        peak_power_w=None,
        method="counter_edges",
        scope="gpu",
        flags=tuple(flags),
        code=None if energy_j is not None else code,
        reason=None if energy_j is not None else "the counter fell",
        devices=(),
    )


def of_device(uuid: str, *flags: str) -> DeviceReading:
    return DeviceReading(
        uuid=uuid,
        energy_j=1.0,
        method="counter_edges",
        scope="gpu",
        mean_power_w=None,
        peak_power_w=None,
        flags=flags,
    )


def breakdown(share: float) -> EnergyBreakdown:
    return EnergyBreakdown(
        raw_j=1200.0,
        baseline_j=1200.0 * share,
        adjusted_j=1200.0 * (1 - share),
        baseline_share=share,
        baseline=example_baseline(100.0 * share),
        adjusted_uncertainty_j=10.0,
        resident=None,
        resident_share=None,
        terms=FrozenDict(),
        phases=None,
    )


def prompts(*, repeated: bool = False, truncated: int = 0, longest: int = 64) -> PromptsRecord:
    return PromptsRecord(
        provenance=PromptProvenance(
            source="builtin",
            name="builtin",
            revision="1",
            sha256="ab" * 32,
            available=200,
            repeated=repeated,
        ),
        n=8,
        truncated=truncated,
        input_tokens=TokenLengths(minimum=4, mean=20.0, p50=20.0, p95=60.0, maximum=longest),
    )


def held(seconds: float, source: Literal["counters", "polled"] = "counters") -> ThrottlingRecord:
    """So long under a power cap, of 12 s."""
    return ThrottlingRecord(
        reasons=("sw_power_cap",) if seconds else (),
        throttled_s=FrozenDict({"sw_power_cap": seconds, "hw_slowdown": 0.0}),
        throttled_share=seconds / 12.0,
        source=source,
        devices=(),
    )


def warnings_of_all(**changes: Any) -> list[tuple[str, str]]:
    """The warnings of a run about which there is nothing to say, but for `changes`."""
    quiet: dict[str, Any] = {
        "config": example_config(max_input_tokens=64),
        "preflight": (),
        "reading": reading(),
        "samples": 120,
        "breakdown": breakdown(0.3),
        "no_energy": None,
        "baseline_missing": None,
        "warmup": WARM,
        "heat": STEADY,
        "methodology": TOTAL,
        "throttling": held(0.12),
        "temperature_drift_c": 5.0,
        "prompts": prompts(),
        "dummy_weights": False,
        "compilations": 0,
    }
    return [(warning.code, warning.message) for warning in warnings_of(**(quiet | changes))]


def told(**changes: Any) -> dict[str, str]:
    """The same by code."""
    return dict(warnings_of_all(**changes))


AMISS: list[tuple[str, str, dict[str, Any]]] = [
    *(
        (code, "is missing", {"reading": reading(energy_j=None, code=code)})
        for code in ("unresolved_window", "sensor_failed", "gpu_not_found", "wrapper_unusable")
    ),
    ("cold_start", "no warm-up", {"warmup": Warmup(None, None, (), 0, 0.0)}),
    ("not_converged", "in 3 runs", {"warmup": replace(WARM, converged=False, final_cv=0.2)}),
    ("not_converged", "too few to tell", {"warmup": Warmup(False, None, (9.0, 9.0), 16, 0.02)}),
    ("not_converged", "by 20.0%", {"warmup": replace(WARM, converged=False, final_cv=0.2)}),
    ("no_sensor", "there is no driver", {"no_energy": NO_SENSOR, "samples": 0}),
    ("counter_reset", "the counter fell", {"reading": reading(energy_j=None)}),
    (
        "energy_estimated",
        "is an estimate",
        {"reading": reading(flags=[ENERGY_ESTIMATED])},
    ),
    (
        "throttled",
        "1.1% of the 12.00 s (sw_power_cap for 0.13 s)",
        {"throttling": held(0.13)},
    ),
    ("throttled", "looks once a second", {"throttling": held(3.0, "polled")}),
    ("not_steady", "power varied by 9.0%", {"methodology": UNSTEADY}),
    ("thermal_drift", "5.1 C warmer", {"temperature_drift_c": 5.1}),
    ("thermal_drift", "6.0 C cooler", {"temperature_drift_c": -6.0}),
    ("simulated_device", "is simulated", {"reading": reading(flags=["simulated_device"])}),
    ("mig_parent", "whole board", {"reading": reading(flags=["mig_parent"])}),
    ("shared_device", "Another process", {"reading": reading(flags=["shared_device"])}),
    ("sensor_disagreement", "5 %", {"reading": reading(flags=["sensor_disagreement"])}),
    ("sensor_fallback", "another one", {"reading": reading(flags=["sensor_fallback"])}),
    ("sensor_interrupted", "a while", {"reading": reading(flags=["sensor_interrupted"])}),
    ("sampler_in_process", "thread", {"reading": reading(flags=["sampler_in_process"])}),
    ("baseline_missing", "no meter was", {"baseline_missing": NOT_WANTED}),
    ("few_samples", "9 sensor samples", {"samples": 9}),
    ("short_window", "9.99 s", {"reading": reading(9.99)}),
    ("large_baseline", "51%", {"breakdown": breakdown(0.51)}),
    (
        "not_settled",
        "too hot",
        {"heat": STEADY.model_copy(update={"settled": False, "note": "too hot"})},
    ),
    ("prompts_repeated", "has 200", {"prompts": prompts(repeated=True)}),
    (
        "prompts_truncated",
        "3 of 8 prompts",
        {"prompts": prompts(truncated=3, longest=63)},
    ),
    ("dummy_weights", "random", {"dummy_weights": True}),
    ("compiled_in_window", "compiled 2 times inside", {"compilations": 2}),
    (
        "slow_precision",
        "bf16 crawls. Take fp32.",
        {
            "preflight": (
                Problem(
                    code="slow_precision",
                    message="bf16 crawls",
                    cure="Take fp32.",
                    blocking=False,
                ),
            )
        },
    ),
]
"""Code, words of its sentence, and what makes it be told alone."""


class TestWarnings:
    def test_each_that_pre_flight_does_not_give_is_provoked_here(self) -> None:
        provoked = {code for code, _, _ in AMISS}
        assert set(WARNING_CODES) - provoked - set(PROBLEM_CODES) == set()
        assert provoked <= set(WARNING_CODES)

    def test_a_run_in_good_order_has_none(self) -> None:
        assert told() == {}

    @pytest.mark.parametrize(("code", "word", "changes"), AMISS)
    def test_what_is_amiss_is_told_by_its_code_in_a_sentence(
        self, code: str, word: str, changes: dict[str, Any]
    ) -> None:
        warnings = told(**changes)
        assert set(warnings) == {code}
        assert word in warnings[code]
        assert warnings[code].endswith(".")

    @pytest.mark.parametrize(
        "changes",
        [
            {"no_energy": NOT_WANTED, "samples": 0, "baseline_missing": NOT_WANTED},
            {"samples": 10},
            {"reading": reading(10.0)},
            {"breakdown": breakdown(0.5)},
            {"breakdown": None},
            {"throttling": None},
            {"throttling": held(0.0)},
            {"temperature_drift_c": None},
            {"temperature_drift_c": -5.0},
            {"reading": reading(flags=["power_average"])},
            {"heat": STEADY.model_copy(update={"settled": None})},
            {"methodology": UNSEEN},
            {"prompts": prompts(truncated=3, longest=64)},
        ],
    )
    def test_what_is_just_in_order_is_not(self, changes: dict[str, Any]) -> None:
        assert told(**changes) == {}

    def test_what_pre_flight_has_told_is_not_told_again(self) -> None:
        problem = Problem(
            code="mig_parent", message="it is partitioned", cure="Take a whole GPU.", blocking=False
        )
        warnings = warnings_of_all(preflight=(problem,), reading=reading(flags=["mig_parent"]))
        assert warnings == [("mig_parent", "it is partitioned. Take a whole GPU.")]

    def test_a_flag_names_the_devices_that_have_it(self) -> None:
        whole = reading(flags=["sensor_fallback"]).model_copy(
            update={"devices": (of_device("GPU-a"), of_device("GPU-b", "sensor_fallback"))}
        )
        assert "sensor of GPU-b failed" in told(reading=whole)["sensor_fallback"]


class TestNotes:
    def notes(self, truncated: int = 0, **config: Any) -> str:
        choice = MeterChoice("scripted", "1.2.3", SCRIPTED_METER, None, "x", FrozenDict())
        config_ = example_config(**config)
        return "\n".join(
            notes_of(
                config_,
                choice,
                reading(),
                None,
                prompts(truncated=truncated),
                [THREE_IN_TWO],
                TOTAL,
            )
        )

    def test_they_name_meter_method_seed_and_prompts(self) -> None:
        notes = self.notes(random_seed=7)
        for fact in ("scripted 1.2.3", "counter_edges", "random_seed 7", "greedy", "ab" * 8):
            assert fact in notes

    def test_they_tell_the_two_output_lengths_apart(self) -> None:
        assert "exactly 4 tokens" in self.notes(output_length="fixed")
        assert "at the latest after 4 tokens" in self.notes(output_length="natural")

    def test_they_tell_chats_that_were_cut_before_their_answer(self) -> None:
        chat = {"chat_template": True}
        assert "3 of 8 prompts in the form of a chat" in self.notes(truncated=3, pytorch=chat)
        assert "form of a chat" not in self.notes(truncated=3) + self.notes(pytorch=chat)

    def test_they_count_the_tokens_that_a_checked_draft_brought(self) -> None:
        assisted = self.notes(pytorch={"assistant_model": "builtin:tiny"})
        assert "drafted by an assistant" in assisted
        assert "not in FLOPs" in assisted
        assert "A step brought 1.50 tokens" in assisted
        looked_up = {"prompt_lookup_num_tokens": 3}
        assert "looking them up" in self.notes(pytorch=looked_up)
        assert "A step brought" not in self.notes(pytorch=looked_up, latency="separate")
        assert "drafted" not in self.notes(pytorch={"batch_size": 4})

    def test_they_say_by_which_methodology(self) -> None:
        assert TOTAL.note in self.notes()

    def test_they_say_when_a_request_starts_that_waits_for_a_place(self) -> None:
        assert "when it gets its place" in self.notes(pytorch={"batching": "continuous"})
        assert "its place" not in self.notes(pytorch={"batching": "length_buckets"})

    def test_they_say_where_prefill_is(self) -> None:
        assert "Prefill is inside the window" in self.notes()

    def test_they_say_that_a_cold_start_is_warm_for_files(self) -> None:
        assert "cache of files was not emptied" in self.notes(cold_start=True)
        assert "cache of files" not in self.notes()
