"""How far throughput and joules per token stray by themselves."""

import statistics
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, strategies as st
from llem_contracts import GeneratedRequest, Sample
from llem_harness import run
from llem_harness.energy import EnergyFigures
from llem_harness.spread import Part, joined, parts_of, spread_of
from llem_schema import NotMeasured, WorkOrder, unexplained
from llem_stats import student_t

from .orders import changed

MS = 1_000_000
FIGURES = EnergyFigures(
    **{name: None for name in EnergyFigures.__dataclass_fields__ if name != "missing"}
)


def request(
    start_ms: float,
    tokens: int = 10,
    batch: int = 0,
    process: int = 0,
    ends_ms: float | None = None,
) -> Any:
    return GeneratedRequest(
        index=0,
        batch=batch,
        input_tokens=1,
        padded_tokens=0,
        output_tokens=tokens,
        discarded_tokens=0,
        start_ns=round(start_ms * MS),
        token_ns=(round((start_ms if ends_ms is None else ends_ms) * MS),),
        process=process,
    )


def one_after_another(durations_ms: list[float], tokens: int = 10) -> tuple[Any, int]:
    """Passes of one batch of two requests each, and when the last ends."""
    passes, at_ms = [], 0.0
    for duration_ms in durations_ms:
        passes.append((request(at_ms, tokens), request(at_ms, tokens)))
        at_ms += duration_ms
    return tuple(passes), round(at_ms * MS)


def measured(per_token_j: float) -> EnergyFigures:
    return replace(FIGURES, energy_per_output_token_j=per_token_j)


def watched(power_w: Any, seconds: float, every_ms: int = 100) -> list[Sample]:
    return [
        Sample(monotonic_ns=at_ms * MS, device="GPU-a", power_w=power_w(at_ms / 1e3))
        for at_ms in range(0, round(seconds * 1e3) + 1, every_ms)
    ]


class TestParts:
    def test_are_the_passes_where_there_are_enough(self) -> None:
        passes, end_ns = one_after_another([100.0, 110.0] * 4)
        over, parts = parts_of(passes, -5 * MS, end_ns)
        assert over == "passes"
        assert [part.output_tokens for part in parts] == [20] * 8
        assert parts[0] == Part(-5 * MS, 100 * MS, 20)
        assert parts[-1].end_ns == end_ns

    def test_are_else_the_batches_in_order_of_time(self) -> None:
        one_pass = (
            request(50, batch=1),
            request(0, tokens=3, batch=0),
            request(50, batch=1),
        )
        over, parts = parts_of((one_pass, (request(90),)), 0, 100 * MS)
        assert over == "batches"
        assert [(p.start_ns // MS, p.end_ns // MS, p.output_tokens) for p in parts] == [
            (0, 50, 3),
            (50, 90, 20),
            (90, 100, 10),
        ]

    def test_are_passes_where_batches_overlap(self) -> None:
        one_pass = (request(0, ends_ms=3), request(1, batch=1, process=1))
        over, parts = parts_of((one_pass,), 0, 100 * MS)
        assert (over, len(parts)) == ("passes", 1)

    @given(st.lists(st.floats(1, 400), min_size=1, max_size=40))
    def test_leave_no_gap_and_lose_no_token(self, durations_ms: list[float]) -> None:
        passes, end_ns = one_after_another(durations_ms)
        _, parts = parts_of(passes, 0, end_ns)
        for pieces in (parts, joined(parts, 0.5)):
            assert sum(part.output_tokens for part in pieces) == 20 * len(passes)
            assert (pieces[0].start_ns, pieces[-1].end_ns) == (0, end_ns)
            assert all(a.end_ns == b.start_ns for a, b in pairwise(pieces))
        longer = joined(parts, 0.5)
        assert len(longer) == 1 or all(part.seconds >= 0.5 for part in longer)


class TestThroughput:
    def test_interval_is_that_of_a_ratio_over_passes(self) -> None:
        durations = [100.0, 102.0, 98.0, 101.0, 99.0, 103.0, 97.0, 100.0]
        passes, end_ns = one_after_another(durations)
        found = spread_of(passes, 0, end_ns, measured(1.0), [], None).throughput
        assert found is not None
        assert tuple(found.basis.model_dump().values()) == (0.95, "ratio", "passes", 8)
        # 20 tokens each, so that the ratio strays as the durations do
        error = statistics.stdev(durations) / 100 / 8**0.5
        half = student_t(0.95, 7) * error * 200.0
        assert found.upper_tokens_per_s - 200.0 == pytest.approx(half, rel=1e-6)
        assert 200.0 - found.lower_tokens_per_s == pytest.approx(half, rel=1e-6)

    def test_interval_of_passes_that_differ_wildly_does_not_go_below_zero(self) -> None:
        passes, end_ns = one_after_another([100.0] * 7 + [100_000.0])
        found = spread_of(passes, 0, end_ns, measured(1.0), [], None).throughput
        assert found is not None
        assert found.lower_tokens_per_s == 0.0
        assert found.upper_tokens_per_s > 0.0

    def test_interval_of_few_parts_is_none_with_a_reason(self) -> None:
        passes, end_ns = one_after_another([100.0] * 7)
        found = spread_of(passes, 0, end_ns, measured(1.0), [], None)
        assert found.throughput is None
        assert found.missing["output_tokens_per_s_interval"].code == "too_few_batches"


class TestEnergy:
    def test_interval_is_narrow_around_the_meters_figure_where_power_is_even(self) -> None:
        passes, end_ns = one_after_another([1000.0] * 12)
        found = spread_of(
            passes, 0, end_ns, measured(7.0), watched(lambda s: 140.0, 12), 0.1
        ).energy
        assert found is not None
        assert (found.basis.parts, found.basis.over) == (12, "passes")
        assert (found.lower_j, found.upper_j) == pytest.approx((7.0, 7.0))

    def test_interval_is_as_wide_as_the_joules_of_the_parts_stray(self) -> None:
        """Every other second draws 10 % more."""
        passes, end_ns = one_after_another([1000.0] * 12)
        series = watched(lambda s: 100.0 if int(s) % 2 else 110.0, 12, every_ms=10)
        found = spread_of(passes, 0, end_ns, measured(7.0), series, 0.01).energy
        assert found is not None
        error = statistics.stdev([110.0, 100.0] * 6) / 105 / 12**0.5
        half = student_t(0.95, 11) * error * 7.0
        assert found.upper_j - 7.0 == pytest.approx(half, rel=0.05)

    def test_interval_joins_what_is_too_short_for_the_sensor(self) -> None:
        passes, end_ns = one_after_another([100.0] * 120)
        series = watched(lambda s: 140.0, 12)
        found = spread_of(passes, 0, end_ns, measured(7.0), series, 0.1)
        assert found.throughput is not None
        assert found.energy is not None
        assert (found.throughput.basis.parts, found.energy.basis.parts) == (120, 12)
        assert spread_of(passes, 0, end_ns, measured(7.0), series, 0.2).energy is None

    def test_interval_holds_what_the_workload_tends_to_as_often_as_it_says(self) -> None:
        """Passes whose time and power stray by 3 %: 0.84 J for a token in the long run."""
        random, inside = Random(4), []
        for _ in range(150):
            durations = [random.gauss(1200, 36) for _ in range(15)]
            passes, end_ns = one_after_another(durations, tokens=100)
            starts_s = [sum(durations[:number]) / 1e3 for number in range(15)]
            powers = [random.gauss(140, 4) for _ in range(15)]

            def power_w(second: float, starts: Any = starts_s, of: Any = powers) -> float:
                return float(of[max(n for n, start in enumerate(starts) if start <= second)])

            series = watched(power_w, end_ns / 1e9, every_ms=25)
            energy_j = sum(p * d / 1e3 for p, d in zip(powers, durations, strict=True))
            found = spread_of(
                passes, 0, end_ns, measured(energy_j / (15 * 200)), series, 0.025
            ).energy
            assert found is not None
            inside.append(found.lower_j <= 0.84 <= found.upper_j)
        assert 0.90 <= statistics.fmean(inside) <= 0.99

    @pytest.mark.parametrize(
        ("energy", "series", "period_s", "code"),
        [
            (
                replace(
                    FIGURES,
                    missing={
                        "energy_per_output_token_j": NotMeasured(code="no_sensor", reason="none")
                    },
                ),
                [],
                0.1,
                "no_sensor",
            ),
            (measured(7.0), [], None, "not_applicable"),
            (measured(7.0), watched(lambda s: 140.0, 3), 0.1, "too_few_samples"),
            (measured(7.0), watched(lambda s: 0.0, 12), 0.1, "not_applicable"),
            (measured(7.0), watched(lambda s: 140.0, 12), 0.5, "too_few_batches"),
        ],
        ids=["no-energy", "no-series", "gaps", "no-power", "slow-sensor"],
    )
    def test_interval_that_cannot_be_told_is_none_with_a_reason(
        self, energy: EnergyFigures, series: Any, period_s: float | None, code: str
    ) -> None:
        passes, end_ns = one_after_another([1000.0] * 12)
        found = spread_of(passes, 0, end_ns, energy, series, period_s)
        assert found.energy is None
        assert found.missing["energy_per_output_token_interval"].code == code


class TestOfARun:
    def test_both_are_in_the_result(self, make_world: Any, order: WorkOrder) -> None:
        world = make_world(step_s=0.05)
        result = run(changed(order, min_window_s=20.0), world.ports)
        throughput = result.output_tokens_per_s_interval
        energy = result.energy_per_output_token_interval
        assert throughput is not None
        assert energy is not None
        lower, upper = throughput.lower_tokens_per_s, throughput.upper_tokens_per_s
        assert lower <= result.output_tokens_per_s <= upper
        assert result.energy_per_output_token_j is not None
        assert energy.lower_j <= result.energy_per_output_token_j <= energy.upper_j
        assert unexplained(result) == ()

    def test_of_one_pass_of_one_batch_is_none_with_a_reason(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        result = run(changed(order, n=1, min_window_s=0.0), make_world(step_s=0.05).ports)
        for name in ("output_tokens_per_s_interval", "energy_per_output_token_interval"):
            assert getattr(result, name) is None
            assert result.not_measured[name].code == "too_few_batches"
        assert unexplained(result) == ()
