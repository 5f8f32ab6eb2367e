"""What the simulated boards draw in the benchmark, in and around a window.

A workload lies in the window alone, with a quiet board on both sides, unless its name says
otherwise. Random parts come from the generator that is handed in.
"""

from collections.abc import Callable
from random import Random

from llem_testing.simulated_gpu import (
    Bursts,
    ConstantPower,
    Phase,
    Phases,
    PiecewisePower,
    PowerProfile,
    Ramp,
    SquareWave,
)

IDLE_W = 60.0
BUSY_W = 300.0

Make = Callable[[float, float, Random], PowerProfile]
"""Of the seconds before the window, its length, and a generator of chance."""


def _constant(before_s: float, window_s: float, chance: Random) -> PowerProfile:
    return _quiet(before_s, window_s, ConstantPower(power_w=BUSY_W))


def _square(period_s: float) -> Make:
    def make(before_s: float, window_s: float, chance: Random) -> PowerProfile:
        return _quiet(before_s, window_s, _wave(period_s, chance))

    return make


def _ramp(before_s: float, window_s: float, chance: Random) -> PowerProfile:
    rising = Ramp(from_w=IDLE_W, to_w=BUSY_W, start_s=0.0, end_s=window_s)
    return _quiet(before_s, window_s, rising)


def _bursts(before_s: float, window_s: float, chance: Random) -> PowerProfile:
    """Bursts of 0.2 to 0.5 s; in a short window one that fills most of it."""
    spans: list[tuple[float, float]] = []
    at_s = chance.uniform(0.0, 0.1 * window_s)
    while at_s < window_s:
        end_s = min(at_s + chance.uniform(0.2, 0.5), window_s)
        spans.append((at_s, end_s))
        at_s = end_s + chance.uniform(0.1, 0.4)
    return _quiet(
        before_s,
        window_s,
        Bursts(base_w=IDLE_W, burst_w=BUSY_W, spans_s=tuple(spans)),
    )


def _idle_then_burst(before_s: float, window_s: float, chance: Random) -> PowerProfile:
    start_s = window_s * chance.uniform(0.4, 0.8)
    burst = Bursts(base_w=IDLE_W, burst_w=BUSY_W, spans_s=((start_s, window_s),))
    return _quiet(before_s, window_s, burst)


def _decoding(before_s: float, window_s: float, chance: Random) -> PowerProfile:
    """A prefill, then steps of 15 to 35 ms of varying power with short gaps between them."""
    prefill_s = min(0.2, 0.3 * window_s)
    points = [(0.0, BUSY_W), (prefill_s, BUSY_W)]
    at_s = prefill_s
    while at_s < window_s:
        step_end_s = min(at_s + chance.uniform(0.015, 0.035), window_s)
        gap_end_s = min(step_end_s + chance.uniform(0.002, 0.008), window_s)
        power_w = chance.uniform(180.0, 230.0)
        points += [(at_s, power_w), (step_end_s, power_w)]
        points += [(step_end_s, 110.0), (gap_end_s, 110.0)]
        at_s = gap_end_s
    return _quiet(before_s, window_s, PiecewisePower(points=tuple(points)))


def _phases(before_s: float, window_s: float, chance: Random) -> PowerProfile:
    """The middle one of three loads that touch."""
    return Phases(
        phases=(
            Phase(duration_s=before_s - 1.0, power=ConstantPower(power_w=IDLE_W)),
            Phase(duration_s=1.0, power=ConstantPower(power_w=180.0)),
            Phase(duration_s=window_s, power=ConstantPower(power_w=BUSY_W)),
            Phase(duration_s=1.5, power=ConstantPower(power_w=220.0)),
        ),
        then=ConstantPower(power_w=IDLE_W),
    )


def _within_square(before_s: float, window_s: float, chance: Random) -> PowerProfile:
    """A window anywhere in a square wave that goes on before and after it."""
    return Phases(
        phases=(Phase(duration_s=before_s - 1.0, power=ConstantPower(power_w=IDLE_W)),),
        then=_wave(0.33, chance),
    )


def _quiet(before_s: float, window_s: float, power: PowerProfile) -> PowerProfile:
    return Phases(
        phases=(
            Phase(duration_s=before_s, power=ConstantPower(power_w=IDLE_W)),
            Phase(duration_s=window_s, power=power),
        ),
        then=ConstantPower(power_w=IDLE_W),
    )


def _wave(period_s: float, chance: Random) -> SquareWave:
    return SquareWave(
        low_w=IDLE_W, high_w=BUSY_W, period_s=period_s, phase_s=0.999 * period_s * chance.random()
    )


WORKLOADS: dict[str, Make] = {
    "constant": _constant,
    "square 50 ms": _square(0.05),
    "square 70 ms": _square(0.07),
    "square 100 ms": _square(0.1),
    "square 130 ms": _square(0.13),
    "square 200 ms": _square(0.2),
    "square 330 ms": _square(0.33),
    "square 500 ms": _square(0.5),
    "square 1 s": _square(1.0),
    "ramp": _ramp,
    "bursts": _bursts,
    "idle, then a burst": _idle_then_burst,
    "decoding": _decoding,
    "back to back": _phases,
    "within a square wave": _within_square,
}
WITHOUT_QUIET = frozenset({"back to back", "within a square wave"})
"""Workloads whose board is at work on both sides of the window."""
UNBOUNDED = frozenset({"within a square wave"})
"""Workloads that are shown without a bound: the window begins and ends anywhere in a wave that is
faster than the sensors, and which tool comes nearest is luck."""
