"""What a board really draws, as a scenario describes it.

Seconds count from the scenario's start, or from the beginning of a phase. Before its start a
profile has the power of its start.
"""

from typing import Annotated, Literal

from llem_schema import FrozenList, Model
from pydantic import Field, PositiveFloat, model_validator

from llem_testing.simulated_gpu.curves import Consecutive, Curve, Periodic, Piecewise
from llem_testing.simulated_gpu.spans import Pair, Seconds, Span, must_be_in_order
from llem_testing.simulated_gpu.whole_units import to_mw, to_ns

Watts = Annotated[float, Field(ge=0)]


class ConstantPower(Model):
    """The same power for ever."""

    kind: Literal["constant"] = "constant"
    power_w: Watts

    def curve(self) -> Curve:
        return Piecewise([(0, to_mw(self.power_w))])


class SquareWave(Model):
    """High for a share of each period, low for the rest.

    The high part begins at `phase_s` and every `period_s` before and after.
    """

    kind: Literal["square"] = "square"
    low_w: Watts
    high_w: Watts
    period_s: PositiveFloat
    duty: Annotated[float, Field(gt=0, lt=1)] = 0.5
    phase_s: Seconds = 0.0

    @model_validator(mode="after")
    def _phase_within_period(self) -> "SquareWave":
        if self.phase_s >= self.period_s:
            raise ValueError("phase_s must be less than period_s")
        if to_ns(self.period_s * self.duty) in (0, to_ns(self.period_s)):
            raise ValueError("each part of the wave must last a nanosecond at least")
        return self

    def curve(self) -> Curve:
        low, high = to_mw(self.low_w), to_mw(self.high_w)
        period = to_ns(self.period_s)
        rise = to_ns(self.phase_s) % period
        fall = (rise + to_ns(self.period_s * self.duty)) % period
        first, second = (rise, fall) if rise < fall else (fall, rise)
        inside, outside = (high, low) if rise < fall else (low, high)
        corners = [(0, outside), (first, outside), (first, inside)]
        corners += [(second, inside), (second, outside), (period, outside)]
        return Periodic(Piecewise(corners), period)


class Ramp(Model):
    """One power before, another after, a straight line between."""

    kind: Literal["ramp"] = "ramp"
    from_w: Watts
    to_w: Watts
    start_s: Seconds
    end_s: Seconds

    @model_validator(mode="after")
    def _forward(self) -> "Ramp":
        if to_ns(self.end_s) <= to_ns(self.start_s):
            raise ValueError("end_s must be after start_s")
        return self

    def curve(self) -> Curve:
        before, after = to_mw(self.from_w), to_mw(self.to_w)
        return Piecewise([(0, before), (to_ns(self.start_s), before), (to_ns(self.end_s), after)])


class Bursts(Model):
    """A base power, and another one in the spans given by start and end."""

    kind: Literal["bursts"] = "bursts"
    base_w: Watts
    burst_w: Watts
    spans_s: FrozenList[Span]

    @model_validator(mode="after")
    def _in_order(self) -> "Bursts":
        must_be_in_order(self.spans_s)
        return self

    def curve(self) -> Curve:
        base, burst = to_mw(self.base_w), to_mw(self.burst_w)
        corners = [(0, base)]
        for start_s, end_s in self.spans_s:
            start, end = to_ns(start_s), to_ns(end_s)
            corners += [(start, base), (start, burst), (end, burst), (end, base)]
        return Piecewise(corners)


class PiecewisePower(Model):
    """Straight lines between points of (seconds, watts), the first at 0.

    Two points at one instant are a step. After the last point its power stays, or, with
    `repeat_every_s`, everything begins again.
    """

    kind: Literal["piecewise"] = "piecewise"
    points: FrozenList[Pair[Seconds, Watts]] = Field(min_length=1)
    repeat_every_s: PositiveFloat | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "PiecewisePower":
        times = [to_ns(at_s) for at_s, _ in self.points]
        if times[0] != 0 or times != sorted(times):
            raise ValueError("points must begin at 0 and be in order of time")
        if self.repeat_every_s is not None and to_ns(self.repeat_every_s) < max(times[-1], 1):
            raise ValueError("repeat_every_s must not be before the last point")
        return self

    def curve(self) -> Curve:
        line = Piecewise([(to_ns(at_s), to_mw(power_w)) for at_s, power_w in self.points])
        if self.repeat_every_s is None:
            return line
        return Periodic(line, to_ns(self.repeat_every_s))


class Phase(Model):
    """A profile for a while."""

    duration_s: PositiveFloat
    power: "PowerProfile"


class Phases(Model):
    """Profiles one after the other, each from its own beginning, and one that goes on."""

    kind: Literal["phases"] = "phases"
    phases: FrozenList[Phase]
    then: "PowerProfile"

    def curve(self) -> Curve:
        parts = [(to_ns(phase.duration_s), phase.power.curve()) for phase in self.phases]
        return Consecutive(parts, self.then.curve())


PowerProfile = Annotated[
    ConstantPower | SquareWave | Ramp | Bursts | PiecewisePower | Phases,
    Field(discriminator="kind"),
]
"""Any of the profiles, told apart by `kind`."""
