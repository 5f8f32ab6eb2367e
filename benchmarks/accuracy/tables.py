"""From measured windows to tables and verdicts."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from cases import CLASSES, CONTINUOUS, GAIN_ONE, LENGTHS_S
from statistics_of import behind, calibration, percentile, wilson_lower
from workloads import UNBOUNDED, WITHOUT_QUIET, WORKLOADS

OURS = "llem"
MAY_REFUSE_BELOW_S = {"average_only": 5.0}
"""measuring rules allow a refusal below 1 s, and below this for these classes."""
ALLOWED_BEHIND = 0.2
LONG_S = 1.0


@dataclass(frozen=True)
class Outcome:
    """One window as one tool saw it."""

    sensors: str
    workload: str
    length_s: float
    seed: int
    tool: str
    true_j: float
    sensed_j: float
    """The truth with the gain and offset of the sensors: more no tool can know."""
    energy_j: float | None
    half_width_j: float | None
    """None for tools that state none."""

    @property
    def cell(self) -> tuple[str, str, float]:
        return (self.sensors, self.workload, self.length_s)

    @property
    def error(self) -> float | None:
        """Percent of the true energy."""
        if self.energy_j is None:
            return None
        return 100 * abs(self.energy_j - self.true_j) / self.true_j


@dataclass(frozen=True)
class Line:
    """A bound and what came of it."""

    what: str
    bound: str
    seen: str
    holds: bool | None
    """None where there is no bound."""


def may_refuse(outcome: Outcome) -> bool:
    return outcome.length_s < MAY_REFUSE_BELOW_S.get(outcome.sensors, LONG_S)


def errors_by_cell(
    outcomes: Iterable[Outcome], *, sensed: bool = False
) -> dict[tuple[str, str, float], dict[str, dict[int, float]]]:
    """Percent by cell, tool and seed; a refusal that is not allowed is an error of 100 %.

    `sensed`: against an ideal reading of the sensors instead of the truth.
    """
    found: dict[tuple[str, str, float], dict[str, dict[int, float]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for outcome in outcomes:
        error = outcome.error
        if error is not None and sensed:
            assert outcome.energy_j is not None
            error = 100 * abs(outcome.energy_j - outcome.sensed_j) / outcome.true_j
        if error is None:
            if outcome.tool == OURS and may_refuse(outcome):
                continue
            error = 100.0
        found[outcome.cell][outcome.tool][outcome.seed] = error
    return found


def accuracy_lines(outcomes: Sequence[Outcome]) -> list[Line]:
    """The 95th percentile on continuous counters with quiet on both sides."""
    lines = []
    for what, bound, chosen in (
        ("windows of 1 s and more", 1.0, lambda s: s >= LONG_S),
        ("windows of 0.3 s", 3.0, lambda s: s < LONG_S),
    ):
        errors = [
            100.0 if outcome.error is None else outcome.error
            for outcome in outcomes
            if outcome.tool == OURS
            and outcome.sensors in CONTINUOUS
            and outcome.workload not in WITHOUT_QUIET
            and chosen(outcome.length_s)
        ]
        if errors:
            seen = percentile(errors, 0.95)
            lines.append(
                Line(
                    f"95th percentile of the error, continuous counters, {what}, "
                    f"quiet on both sides ({len(errors)} windows)",
                    f"at most {bound:g} %",
                    f"{seen:.3f} %",
                    seen <= bound,
                )
            )
    return lines


def peer_lines(outcomes: Sequence[Outcome], peers: Sequence[str]) -> list[Line]:
    """In every cell: not behind the best other tool."""
    bound = "0 by more than 0.2 points or two paired standard errors"
    listed = [o for o in outcomes if o.workload not in UNBOUNDED]
    unit_gain = [o for o in listed if o.sensors in GAIN_ONE]
    others = [o for o in listed if o.sensors not in GAIN_ONE]
    lines = []
    for what, chosen, sensed, bounded in (
        ("sensors of gain 1", unit_gain, False, True),
        ("sensors of another gain, on the sensors' own scale", others, True, True),
        (
            "the same against the truth, where a tool that loses energy at the ends of a window "
            "is helped by a gain above 1",
            others,
            False,
            False,
        ),
        (
            "windows anywhere within a square wave",
            [o for o in outcomes if o.workload in UNBOUNDED],
            True,
            False,
        ),
    ):
        compared, missed, closest = _behind(chosen, peers, sensed=sensed)
        if compared:
            lines.append(
                Line(
                    f"cells in which the mean error is behind the best other tool, {what} "
                    f"({compared} compared)",
                    bound if bounded else "none",
                    f"{len(missed)}: {'; '.join(missed)}" if missed else f"0; closest: {closest}",
                    not missed if bounded else None,
                )
            )
    return lines


def _behind(
    outcomes: Sequence[Outcome], peers: Sequence[str], *, sensed: bool
) -> tuple[int, list[str], str]:
    """Cells compared, those that are behind, and the one that comes closest to it."""
    compared, missed, worst = 0, [], (-math.inf, "")
    for cell, tools in errors_by_cell(outcomes, sensed=sensed).items():
        ours = tools.get(OURS, {})
        rivals = {peer: tools[peer] for peer in peers if tools.get(peer)}
        if not ours or not rivals:
            continue
        best = min(rivals, key=lambda peer: fmean(rivals[peer].values()))
        seeds = sorted(set(ours) & set(rivals[best]))
        if not seeds:
            continue
        compared += 1
        points, error = behind([ours[s] for s in seeds], [rivals[best][s] for s in seeds])
        name = f"{cell[0]}, {cell[1]}, {cell[2]:g} s against {best}: {points:+.2f} points"
        worst = max(worst, (points, name))
        if points > max(ALLOWED_BEHIND, 2 * error):
            missed.append(name)
    return compared, missed, worst[1]


def coverage_lines(outcomes: Sequence[Outcome]) -> list[Line]:
    """Stated intervals hold the truth, and are not so wide as to be useless."""
    held: dict[str, list[bool]] = defaultdict(list)
    widths: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.tool != OURS or outcome.energy_j is None or outcome.half_width_j is None:
            continue
        apart_j = abs(outcome.energy_j - outcome.true_j)
        held[outcome.sensors].append(apart_j <= outcome.half_width_j)
        if outcome.length_s >= LONG_S:
            share = 100 * outcome.half_width_j / outcome.true_j
            widths[outcome.sensors].append((share, 100 * apart_j / outcome.true_j))
    everything = [one for of_class in held.values() for one in of_class]
    pooled = 100 * wilson_lower(sum(everything), len(everything))
    lines = [
        Line(
            f"coverage of the stated intervals, pooled ({len(everything)} windows)",
            "Wilson lower bound at least 94 %",
            f"{100 * fmean(everything):.2f} %, lower bound {pooled:.2f} %",
            pooled >= 94,
        )
    ]
    for sensors in CLASSES:
        if not held[sensors]:
            continue
        share = 100 * fmean(held[sensors])
        lines.append(
            Line(
                f"coverage, {sensors} ({len(held[sensors])} windows)",
                "at least 90 %",
                f"{share:.2f} %",
                share >= 90,
            )
        )
        width, ratio = calibration(*map(list, zip(*widths[sensors], strict=True)))
        lines.append(
            Line(
                f"median half-width, {sensors}, windows from 1 s ({len(widths[sensors])})",
                "at most 6 times the median error, or 1 % of the energy",
                f"{width:.3f} % of the energy, {ratio:.1f} times the median error",
                ratio <= 6 or width <= 1.0,
            )
        )
    return lines


def error_table(outcomes: Sequence[Outcome], tools: Sequence[str]) -> str:
    """Mean absolute error in percent by cell and tool, as Markdown."""
    cells = errors_by_cell(outcomes)
    head = ["sensors", "workload", "window", *tools]
    rows = ["| " + " | ".join(head) + " |", "|---|---|---:|" + "---:|" * len(tools)]
    for sensors in CLASSES:
        for workload in WORKLOADS:
            for length_s in LENGTHS_S:
                by_tool = cells.get((sensors, workload, length_s))
                if by_tool:
                    figures = [_mean(by_tool, tool) for tool in tools]
                    rows.append(
                        "| " + " | ".join([sensors, workload, f"{length_s:g} s", *figures]) + " |"
                    )
    return "\n".join(rows)


def coverage_table(outcomes: Sequence[Outcome]) -> str:
    """Coverage and width by class and length, as Markdown."""
    rows = [
        "| sensors | window | windows | refused | coverage | median half-width | median error |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for sensors in CLASSES:
        for length_s in LENGTHS_S:
            chosen = [
                outcome
                for outcome in outcomes
                if outcome.tool == OURS
                and (outcome.sensors, outcome.length_s) == (sensors, length_s)
            ]
            told = [o for o in chosen if o.energy_j is not None and o.half_width_j is not None]
            if not told:
                continue
            widths = [100 * (o.half_width_j or 0.0) / o.true_j for o in told]
            errors = [o.error or 0.0 for o in told]
            held = [error <= width for error, width in zip(errors, widths, strict=True)]
            rows.append(
                f"| {sensors} | {length_s:g} s | {len(chosen)} | {len(chosen) - len(told)} "
                f"| {100 * fmean(held):.1f} % | {percentile(widths, 0.5):.3f} % "
                f"| {percentile(errors, 0.5):.3f} % |"
            )
    return "\n".join(rows)


def _mean(by_tool: Mapping[str, Mapping[int, float]], tool: str) -> str:
    errors = by_tool.get(tool)
    return f"{fmean(errors.values()):.3f}" if errors else "-"
